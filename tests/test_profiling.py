"""A profile says what costs, and leaves only its trace."""

import json

import tiny

from pipeline.profiling import profile_steps


def test_a_profile_is_a_table_and_a_trace(store_of, tmp_path):
    run = tiny.runs()["pix2pix"]
    table = profile_steps(run, store_of(run), tmp_path / "logs/trace.json", seed=1, steps=2)
    assert "aten::mkldnn_convolution" in table
    events = json.loads((tmp_path / "logs/trace.json").read_text())["traceEvents"]
    assert any(event.get("name") == "aten::convolution_backward" for event in events)
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["trace.json"]
