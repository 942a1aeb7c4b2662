"""Which judges can be loaded, and what is said of the others."""

import sys

import pytest

from pipeline.evaluation.judges import JUDGES, load_panel, panel
from pipeline.evaluation.judges.panel import Panel


@pytest.fixture
def uncached() -> None:
    """Panels of this test are loaded anew, and none of them is left behind."""
    panel._load.cache_clear()


def test_what_is_missing_is_said_in_words(uncached: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("resemblyzer", "speechmos", "faster_whisper"):
        monkeypatch.setitem(sys.modules, package, None)
    found = load_panel("small.en")
    panel._load.cache_clear()
    assert (found.speakers, found.naturalness, found.words) == (None, None, None)
    assert list(found.missing) == list(JUDGES)
    for reason in found.missing.values():
        assert "not installed" in reason
        assert "pip install '.[judges]'" in reason
    assert found.protocol == {}


def test_a_panel_is_loaded_once(uncached: None) -> None:
    first = load_panel()
    assert load_panel() is first
    assert list(first.missing) == ["words"]
    assert "no Whisper model was named" in first.missing["words"]
    assert list(first.protocol) == ["speakers", "naturalness"]
    assert first.protocol["speakers"]["threads"] == 1


def test_each_judge_has_its_place_in_the_panel() -> None:
    assert {*JUDGES, "missing"} == set(Panel.__dataclass_fields__)
    for judge in JUDGES.values():
        assert judge.title
        assert judge.needs
