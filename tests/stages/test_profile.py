"""A profile says what costs, and leaves only its trace."""

import json
import re

import tiny

from pipeline.monitoring.profiling import profile_steps


def test_a_profile_is_a_table_and_a_trace(store_of, tmp_path):
    run = tiny.runs()["pix2pix"]
    table = profile_steps(run, store_of(run), tmp_path / "logs/trace.json", seed=1, steps=2)
    assert "aten::mkldnn_convolution" in table
    events = json.loads((tmp_path / "logs/trace.json").read_text())["traceEvents"]
    assert any(event.get("name") == "aten::convolution_backward" for event in events)
    assert "deterministic" not in table
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["trace.json"]


def test_a_profile_says_what_exactness_costs(store_of, tmp_path):
    run = tiny.shrink(tiny.runs()["vae"], deterministic=True)
    table = profile_steps(run, store_of(run), tmp_path / "trace.json", seed=1, steps=2)
    found = re.search(r"deterministic: ([\d.]+) ms a step, ([\d.]+) ms without", table)
    assert found is not None
    assert all(float(milliseconds) > 0 for milliseconds in found.groups())
