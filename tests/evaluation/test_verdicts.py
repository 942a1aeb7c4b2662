"""Verdicts: which metric decides, against whom, and at what cost."""

import pytest

from pipeline.evaluation import verdicts
from pipeline.evaluation.metric_table import METRICS
from pipeline.evaluation.results import Cost, Measured
from pipeline.evaluation.verdicts import CONVERSION, PAIRED, SAMPLING, UNPAIRED, Decision, judge

DECISIONS = [value for value in vars(verdicts).values() if isinstance(value, Decision)]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda d: d.metrics[0])
def test_decisions_name_metrics_that_there_are(decision):
    assert {*decision.metrics, *decision.costs} <= METRICS.keys()
    assert all(METRICS[name].higher_is_better is not None for name in decision.metrics)


def test_unpaired_translation_is_decided_by_likeness_and_not_by_the_mean_picture():
    found = {
        "psnr": Measured({"model": 14.1, "mean_picture": 14.9, "untouched_input": 12.0}),
        "kd_imagenet": Measured({"model": 90.0, "untouched_input": 650.0, "test_pictures": 0.1}),
    }
    verdict = judge(UNPAIRED, found)
    assert (verdict.metric, verdict.baseline) == ("kd_imagenet", "untouched_input")
    assert (verdict.outcome, verdict.costs) == ("better", [])
    assert judge(PAIRED, found).outcome == "behind"


def test_a_voice_that_loses_its_words_is_a_trade_off():
    """VCC 2016, SF1 to TF2, as independent judges heard it."""
    found = {
        "target_probability": Measured({"model": 1.0, "statistics_f0": 0.99}),
        "similarity_margin": Measured({"model": 0.09, "statistics_f0": -0.08}),
        "word_error": Measured({"model": 0.38, "statistics_f0": 0.06}),
        "dnsmos": Measured({"model": 2.06, "statistics_f0": 3.15, "copy_synthesis": 2.9}),
    }
    verdict = judge(CONVERSION, found)
    assert (verdict.metric, verdict.outcome) == ("similarity_margin", "trade_off")
    assert verdict.costs == [Cost("word_error", 0.38, 0.06), Cost("dnsmos", 2.06, 3.15)]


def test_a_conversion_that_is_more_like_the_source_has_failed():
    found = {"similarity_margin": Measured({"model": -0.01, "statistics": -0.04})}
    assert judge(CONVERSION, found).outcome == "behind"


def test_nobody_pays_for_what_does_nothing():
    found = {
        "similarity_margin": Measured({"model": 0.2, "statistics": 0.1, "statistics_f0": -0.1}),
        "word_error": Measured({"model": 0.06, "statistics": 0.07, "source_recording": 0.03}),
        "dnsmos": Measured({"model": 2.5, "statistics": 2.4, "statistics_f0": 3.1}),
    }
    verdict = judge(CONVERSION, found)
    assert verdict.outcome == "trade_off"
    assert verdict.costs == [Cost("dnsmos", 2.5, 3.1)]  # of any baseline that converts


def test_what_an_interval_holds_is_level():
    rows = {"model": 30.0, "noise": 31.0}
    level = Measured(rows, {"model": (28.0, 32.0)})
    assert judge(SAMPLING, {"fd_features": level}).outcome == "level"
    better = Measured(rows, {"model": (29.5, 30.5)})
    assert judge(SAMPLING, {"fd_features": better}).outcome == "better"
    other = Measured(rows, {"noise": (29.5, 32.0)})
    assert judge(SAMPLING, {"fd_features": other}).outcome == "level"


def test_the_first_metric_with_a_baseline_decides():
    found = {
        "fid": Measured({"model": 3.0, "test_pictures": 1.0}),
        "fd_features": Measured({"model": 3.0, "noise": 9.0}),
    }
    assert judge(SAMPLING, found).metric == "fd_features"
    alone = judge(SAMPLING, {"fid": found["fid"]})
    assert (alone.metric, alone.baseline, alone.outcome) == ("fid", None, None)
    assert judge(SAMPLING, {"class_coverage": Measured({"model": 1.0})}) is None


def test_what_became_nan_is_behind():
    found = {"fd_features": Measured({"model": float("nan"), "noise": 9.0})}
    assert judge(SAMPLING, found).outcome == "behind"
