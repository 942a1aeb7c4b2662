"""A model's numbers beside its baselines'."""

import re

import pytest

from pipeline.errors import UserError
from pipeline.evaluation import context, conversion
from pipeline.evaluation.headline import CEILINGS
from pipeline.report.comparisons import (
    BASELINES,
    MINUS,
    Comparison,
    headline,
    number,
    read_comparisons,
)


@pytest.mark.parametrize("terms", [context.PICTURES, context.SOUND])
def test_the_baselines_of_generative_models_are_described(terms):
    for name in (terms.mean, terms.test, "noise", "untrained", "half_the_codebook"):
        assert BASELINES[name].words
    assert terms.test in CEILINGS
    assert terms.mean not in CEILINGS


def test_every_baseline_of_voices_is_described():
    baselines = {
        conversion.SOURCE,
        conversion.STATISTICS,
        conversion.CLASSICAL,
        conversion.CEILING,
    }
    assert baselines | {conversion.BEFORE, conversion.WANTED} <= BASELINES.keys()


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"samples": {"beauty": {"model": 1}}}', '{"a": {"mse": {"model": "x"}}}'],
)
def test_damaged_metrics_are_named(tmp_path, content):
    path = tmp_path / "m.json"
    path.write_text(content)
    with pytest.raises(UserError, match=re.escape(str(path))):
        read_comparisons(path)


@pytest.mark.parametrize(
    ("name", "rows", "outcome", "best"),
    [
        ("psnr", {"model": 19.0, "mean_picture": 14.0}, "better", {"model"}),
        ("l1", {"model": 19.0, "mean_picture": 14.0}, "behind", {"mean_picture"}),
        ("ssim", {"model": 1.0, "mean_picture": 1.0}, "level", {"model", "mean_picture"}),
        # A ceiling doesn't compete.
        ("mcd", {"model": 6.0, "statistics": 7.0, "copy_synthesis": 3.0}, "better", {"model"}),
        ("mcd", {"model": 6.0, "copy_synthesis": 3.0}, None, set()),
        # What only describes has neither a best value nor an outcome.
        ("mean_f0", {"model": 200.0, "source_recording": 100.0}, None, set()),
        ("mse", {"model": float("nan"), "mean_picture": 0.2}, "behind", {"mean_picture"}),
    ],
)
def test_outcomes(name, rows, outcome, best):
    comparison = Comparison("task", name, rows)
    assert comparison.outcome == outcome
    assert {baseline for baseline in rows if comparison.cell(baseline).best} == best
    assert comparison.cell("untouched_input") is None


def test_the_headline_is_the_foremost_distance_and_the_strongest_baseline():
    rows = {"model": 1.0, "untouched_input": 2.0, "mean_picture": 3.0}
    found = [Comparison("a", name, rows) for name in ("target_accuracy", "psnr", "l1")]
    assert headline(found).name == "psnr"
    assert headline(found).strongest == "mean_picture"
    assert headline(found[2:]).strongest == "untouched_input"
    assert headline([]) is None


def test_numbers_as_people_read_them():
    values = [0.0155, -230.7986, 428721.0, 1.0, 0.00001234, float("nan"), float("-inf"), 0.0]
    assert [number(value) for value in values] == [
        "0.0155",
        f"{MINUS}230.8",
        "428,721",
        "1",
        f"1.23e{MINUS}05",
        "not a number",
        f"{MINUS}∞",
        "0",
    ]
