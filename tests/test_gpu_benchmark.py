"""The measurement on a GPU goes on past what fails, and says what came of each part."""

import json
import os
import time
from functools import partial

import pytest

from benchmarks.gpu import main, parts_of
from benchmarks.gpu.page import page, write_results
from benchmarks.gpu.parts import Outcome, Part, run_parts
from benchmarks.gpu.steps import COMPETITORS
from benchmarks.gpu.wheels import ROOTS, lacking, names_in
from benchmarks.train_step import CASES


@pytest.mark.parametrize("ahead", [False, True])
def test_parts_that_fail_cost_no_other(tmp_path, ahead):
    """One raises, one's process ends, one does not end: the others are done, and all is written."""
    parts = [
        Part("first", 30, partial(int, "7")),
        Part("wrong", 30, partial(int, "seven")),
        Part("lost", 30, partial(os._exit, 3)),
        Part("endless", 1, partial(time.sleep, 60)),
        Part("so far", 30, partial(iter, (1, 2))),
        Part("last", 30, partial(str, 5)),
    ]
    seen = []

    def note(outcomes):
        seen.append(len(outcomes))
        write_results(tmp_path, outcomes)

    found = run_parts(parts, time.monotonic() + 60, note, ahead=ahead)
    assert {name: outcome["status"] for name, outcome in found.items()} == {
        "first": "done", "wrong": "failed", "lost": "failed", "endless": "failed",
        "so far": "done", "last": "done",
    }  # fmt: skip
    assert [found[name]["result"] for name in ("first", "so far", "last")] == [7, 2, "5"]
    assert "ValueError: invalid literal for int() with base 10: 'seven'" in found["wrong"]["result"]
    assert found["lost"]["result"] == "its process ended with exit code 3"
    assert found["endless"]["result"] == "did not end within 1 s"
    assert seen[:6] == [1, 2, 3, 4, 5, 6]
    assert json.loads((tmp_path / "gpu.json").read_text())["parts"].keys() == found.keys()
    assert "- lost: failed: its process ended with exit code 3" in (tmp_path / "gpu.md").read_text()


def test_what_there_is_no_time_for_is_said():
    found = run_parts([Part("late", 9, partial(int, "7"))], time.monotonic() + 1, lambda _: None)
    assert found == {"late": {"status": "skipped", "seconds": 0.0, "result": "no time was left"}}


def test_every_case_is_measured_the_wanted_ones_first():
    names = [part.name for part in parts_of(quick=False)]
    assert {f"steps/{case}" for case in CASES} <= set(names)
    assert names[:3] == ["machine", "device tests", "steps/cyclegan-256"]
    assert len(set(names)) == len(names)
    assert len(parts_of(quick=True)) < len(names)


def test_ratios_are_to_the_plain_loops():
    speeds = dict(zip(COMPETITORS, (2.0, 4.0, 3.0, 8.0, 12.0), strict=False))
    competitors = {
        name: {
            "steps_per_second": speed, "memory_gib": 1.5, "waits": 0, "seconds_to_first_step": 9.0,
        }
        for name, speed in speeds.items()
    }  # fmt: skip
    competitors["ours captured"] = {"failed": "RuntimeError: a|b"}
    steps = Outcome(
        status="done", seconds=1.0, result={"flops": 10**12, "competitors": competitors}
    )
    machine = {
        "doctor": "this machine", "machine": {"accelerator": "H"},
        "peaks": {"fp32_tflops": 50.0, "bf16_tflops": 800.0},
    }  # fmt: skip
    text = page(
        {
            "machine": Outcome(status="done", seconds=1.0, result=machine),
            "steps/x": steps,
        },
        "today",
    )
    assert "| x | plain fp32 | 2 | x1.00 | x0.50 | 4.0% | 1.5 | 0 | 9 |" in text
    assert "| x | ours compiled | 12 | x6.00 | x3.00 | 1.5% | 1.5 | 0 | 9 |" in text
    assert "| x | ours captured | RuntimeError: a/b | | | | | | |" in text


def test_a_gpu_that_is_not_there_is_missed(monkeypatch, capsys):
    monkeypatch.setattr("pipeline.system.hardware.torch.cuda.is_available", lambda: False)
    with pytest.raises(SystemExit):
        main(["--device", "cuda"])
    assert "torch sees no GPU here: --device cpu measures the processor" in capsys.readouterr().err


def test_wheels_are_what_is_needed_and_not_there():
    has = names_in(["torch 2.11.0", "torchaudio==2.11.0", "Scikit_Learn", "", "numpy>=2", "-----"])
    assert has == {"torch", "torchaudio", "scikit-learn", "numpy"}
    missing = lacking(has, "3.12")
    assert set(ROOTS) - has <= set(missing)
    assert {"kornia-rs", "pydantic-core"} <= set(missing)  # what those need
    assert not has & set(missing)
    assert lacking(has | set(missing), "3.12") == []
