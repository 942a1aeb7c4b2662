"""Verdicts: which metric decides, against whom, and at what cost."""

import pytest

from pipeline.evaluation import verdicts
from pipeline.evaluation.metric_table import METRICS
from pipeline.evaluation.results import Cost, Measured
from pipeline.evaluation.verdicts import (
    BY_OUR_CLASSIFIER,
    CONVERSION,
    LEAST_ITEMS,
    PAIRED,
    REASONS,
    SAMPLING,
    SAMPLING_GREY,
    UNPAIRED,
    Decision,
    judge,
)

DECISIONS = [value for value in vars(verdicts).values() if isinstance(value, Decision)]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda d: d.metrics[0])
def test_decisions_name_metrics_that_there_are(decision):
    assert {*decision.metrics, *decision.costs} <= METRICS.keys()
    assert all(METRICS[name].higher_is_better is not None for name in decision.metrics)
    assert all(decision.reason_for(name).startswith(decision.reason) for name in decision.metrics)


def test_a_reason_is_that_of_the_metric_that_decides():
    trusted = judge(CONVERSION, {"similarity_margin": Measured({"model": 0.2, "statistics": 0.1})})
    assert "nobody here trained says whose it is" in trusted.reason
    ours = judge(CONVERSION, {"target_probability": Measured({"model": 0.8, "statistics": 0.1})})
    assert "Only the data set's own classifier tells" in ours.reason
    assert "nobody here trained" not in ours.reason
    grey = judge(SAMPLING_GREY, {"kd_imagenet": Measured({"model": 3.0, "noise": 9.0})})
    assert grey.reason.endswith(REASONS["kd_imagenet"])


@pytest.mark.parametrize(
    ("count", "outcome"), [(1, "too_few"), (LEAST_ITEMS - 1, "too_few"), (LEAST_ITEMS, "better")]
)
def test_of_a_few_items_nobody_can_tell(count, outcome):
    found = {
        "psnr": Measured({"model": 20.0, "mean_picture": 10.0}, {}, {"count": count}),
        "kd_imagenet": Measured({"model": 9.0, "untouched_input": 1.0}, {}, {"count": 1}),
    }
    verdict = judge(PAIRED, found)
    assert (verdict.outcome, verdict.baseline, verdict.costs) == (outcome, "mean_picture", [])
    behind = {"psnr": Measured({"model": 1.0, "mean_picture": 10.0}, {}, {"count": count})}
    assert judge(PAIRED, behind).outcome == ("too_few" if outcome == "too_few" else "behind")
    failed = Measured({"model": -1.0, "statistics": 0.1}, {}, {"count": count})
    expected = "too_few" if outcome == "too_few" else "behind"
    assert judge(CONVERSION, {"similarity_margin": failed}).outcome == expected


@pytest.mark.parametrize("metric", sorted(BY_OUR_CLASSIFIER))
@pytest.mark.parametrize(
    ("model", "baseline", "outcome"),
    [
        (0.999, 0.998, "level"),
        (1.0, 0.95, "level"),
        (0.95, 1.0, "level"),
        (1.0, 0.94, "better"),
        (0.5, 1.0, "behind"),
        (float("nan"), 1.0, "behind"),
    ],
)
def test_our_own_classifier_tells_nobody_apart_near_1(metric, model, baseline, outcome):
    rows = {"model": model, "statistics": baseline}
    narrow = {name: (value - 1e-5, value + 1e-5) for name, value in rows.items()}
    assert judge(Decision((metric,), "."), {metric: Measured(rows, narrow)}).outcome == outcome


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
