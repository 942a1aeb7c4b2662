"""A profile says what costs, and leaves only its trace."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import tiny

from pipeline.datasets.store import Store
from pipeline.methods.base import RunParams
from pipeline.monitoring.profiling import profile_steps
from pipeline.training.train import set_up


def steps_of(run: RunParams, store: Store) -> Callable[[int], None]:
    """Make what takes training steps, as the stage has it."""
    trainer, feed, _ = set_up(run, store, seed=1, label="profile", scratch=None)

    def take(count: int) -> None:
        for _ in range(count):
            trainer.take_step(feed(trainer.step))

    return take


def profile(run: RunParams, store: Store, out: Path) -> str:
    take = steps_of(run, store)
    return profile_steps(take, out, steps=2, deterministic=run.deterministic)


def test_a_profile_is_a_table_and_a_trace(store_of, tmp_path):
    run = tiny.runs()["pix2pix"]
    table = profile(run, store_of(run), tmp_path / "logs/trace.json")
    assert "aten::mkldnn_convolution" in table
    events = json.loads((tmp_path / "logs/trace.json").read_text())["traceEvents"]
    assert any(event.get("name") == "aten::convolution_backward" for event in events)
    assert "deterministic" not in table
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["trace.json"]


def test_a_profile_says_what_exactness_costs(store_of, tmp_path):
    run = tiny.shrink(tiny.runs()["vae"], deterministic=True)
    table = profile(run, store_of(run), tmp_path / "trace.json")
    found = re.search(r"deterministic: ([\d.]+) ms a step, ([\d.]+) ms without", table)
    assert found is not None
    assert all(float(milliseconds) > 0 for milliseconds in found.groups())
