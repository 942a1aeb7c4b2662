"""The stage that refuses before DVC removes anything."""

from pathlib import Path

import pytest
import shipped
import tiny

from pipeline.errors import UserError
from stages import check


@pytest.fixture
def folder(in_folder: Path) -> Path:
    return shipped.copy_run(tiny.ROOT, in_folder)


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["check", *arguments])
    check.main()


def rename(folder: Path) -> None:
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(text.replace("\n  dcgan:", "\n  hz:"))


def test_its_output_never_changes(folder, monkeypatch):
    call(monkeypatch)
    assert Path("data/checked/params").read_text() == check.PASSED
    rename(folder)
    with pytest.raises(UserError, match="does not fit"):
        call(monkeypatch)
    call(monkeypatch, "--fix")
    call(monkeypatch)
    assert Path("data/checked/params").read_text() == check.PASSED


def test_fixing_says_what_it_changed(folder, monkeypatch, capsys):
    rename(folder)
    call(monkeypatch, "--fix")
    said = capsys.readouterr().out
    assert "stages.report.deps in dvc.yaml:" in said
    assert "add     - data/models/hz" in said
    assert "remove  - data/models/dcgan" in said
    assert not Path("data/checked").exists()
    call(monkeypatch, "--fix")
    assert capsys.readouterr().out == "nothing to change in dvc.yaml\n"


def test_an_unknown_option_is_refused(folder, monkeypatch):
    with pytest.raises(UserError, match="expected --fix or nothing, found --mend"):
        call(monkeypatch, "--mend")
