"""The judges that can be loaded, and what is said of the others."""

import sys

import pytest

from pipeline.evaluation.judges import Panel, load_panel

JUDGES = ("speakers", "naturalness", "words")


def test_what_is_missing_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("resemblyzer", "speechmos", "faster_whisper"):
        monkeypatch.setitem(sys.modules, package, None)
    found = load_panel("small.en")
    assert (found.speakers, found.naturalness, found.words) == (None, None, None)
    assert list(found.missing) == list(JUDGES)
    for reason in found.missing.values():
        assert "not installed" in reason
        assert "pip install '.[judges]'" in reason
    assert found.protocol == {}


def test_without_a_whisper_model_the_others_are_there() -> None:
    found = load_panel()
    assert list(found.missing) == ["words"]
    assert "no Whisper model was named" in found.missing["words"]
    assert list(found.protocol) == ["speakers", "naturalness"]
    assert found.protocol["speakers"]["threads"] == 1


def test_each_judge_has_its_place_in_the_panel() -> None:
    assert {*JUDGES, "missing"} == set(Panel.__dataclass_fields__)
