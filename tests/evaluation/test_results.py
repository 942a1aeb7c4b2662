"""Results on disk: what is written is read again, and what is none is refused in words."""

import json
import math

import pytest

from pipeline.errors import UserError
from pipeline.evaluation.results import (
    Cases,
    Cost,
    Measured,
    Missing,
    Remark,
    Results,
    Verdict,
    read_results,
    write_results,
)

RESULTS = Results(
    protocol={"model": "m", "seed": 0},
    tasks={
        "a_to_b": {
            "mcd": Measured(
                {"model": 7.5, "statistics": 9.0},
                {"model": (7.1, 7.9)},
                {"count": 12},
                {"ann": {"model": 7.0, "statistics": 9.5}},
            )
        }
    },
    missing=[Missing("a_to_b", "word_error", "no model")],
    verdicts={
        "a_to_b": Verdict("mcd", "because", "statistics", "trade_off", [Cost("dnsmos", 1.5, 2.5)])
    },
    cases={"a_to_b": Cases("mcd", "one", "two", "three")},
    remarks={"a_to_b": [Remark("memory", "none", "no sign")]},
)


def test_results_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "results.json"
    write_results(path, RESULTS)
    assert read_results(path) == RESULTS
    first = path.read_bytes()
    write_results(path, RESULTS)
    assert path.read_bytes() == first


def test_results_without_remarks_and_parts_are_read(tmp_path):
    path = tmp_path / "results.json"
    write_results(path, RESULTS)
    raw = json.loads(path.read_text())
    del raw["remarks"], raw["tasks"]["a_to_b"]["mcd"]["parts"]
    path.write_text(json.dumps(raw))
    found = read_results(path)
    assert found.remarks == {}
    assert found.tasks["a_to_b"]["mcd"].parts == {}
    assert found.verdicts == RESULTS.verdicts


def test_what_became_nan_can_be_read(tmp_path):
    path = tmp_path / "results.json"
    write_results(path, Results(tasks={"t": {"mse": Measured({"model": math.nan})}}))
    assert math.isnan(read_results(path).rows("t", "mse")["model"])


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "[1]",
        "{",
        json.dumps({"a_to_b": {"mcd": {"model": 1.0}}}),  # as format 1 was
        json.dumps({"format": 2, "protocol": {}}),
        json.dumps({"format": 3}),
    ],
)
def test_what_holds_no_results_is_refused(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(UserError, match="holds no results; evaluate again"):
        read_results(path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(UserError, match="evaluate first"):
        read_results(tmp_path / "results.json")
