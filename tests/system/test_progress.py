"""Progress where there is no terminal: few plain lines on standard error."""

import pytest

from pipeline.system import progress as module
from pipeline.system.progress import Progress


def test_first_and_last_line_and_nothing_on_standard_output(capsys):
    with Progress("work", 3, "items") as progress:
        for _ in range(3):
            progress.advance()
    out, err = capsys.readouterr()
    assert out == ""
    first, last = err.splitlines()
    assert first == "work: 0/3 items"
    assert last.startswith("work: 3/3 items | done in ")


def test_lines_come_seldom_and_carry_rate_time_left_and_note(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    with Progress("train", 50, "steps", start=10) as progress:
        for step in range(20):
            now[0] += 1.0
            progress.advance(f"loss {step}")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "train: 10/50 steps"
    assert lines[1] == "train: 21/50 steps | 1.0 steps/s, 29 s left | loss 10"
    assert len(lines) == 3


def test_many_steps_are_counted_at_once(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    with Progress("convert", 100, "seconds") as progress:
        for done, expected in ((20, 20), (15, 20), (60, 60)):
            now[0] += 11.0
            progress.reach(done, "a.wav")
            assert progress.done == expected
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == "convert: 20/100 seconds | 1.8 seconds/s, 44 s left | a.wav"
    assert lines[3] == "convert: 60/100 seconds | 1.8 seconds/s, 22 s left | a.wav"


def test_a_failure_is_not_called_done(capsys):
    with pytest.raises(ValueError, match="broken"), Progress("work", 3, "items"):
        raise ValueError("broken")
    assert "done" not in capsys.readouterr().err


def test_of_several_processes_only_one_speaks(capsys, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    with Progress("train", 3, "steps", silent=True) as progress:
        for _ in range(3):
            now[0] += 60.0
            progress.advance()
    assert capsys.readouterr().err == ""
