"""The headline numbers of results as evaluation gives them."""

import math

import pytest

from pipeline.evaluation.headline import headline
from pipeline.evaluation.metric_table import CEILINGS
from pipeline.evaluation.results import Measured, Results
from pipeline.report.baselines import BASELINES

ONE = {
    "labels_to_scene": {
        "psnr": {"model": 21.3342, "mean_picture": 14.6419, "untouched_input": 13.8385},
        "ssim": {"model": 0.7033, "mean_picture": 0.3692},
        "target_accuracy": {"model": 1.0, "untouched_input": 0.0},
    }
}
BOTH = {
    "a_to_b": {
        "similarity_margin": {"model": 0.09, "statistics": 0.05, "statistics_f0": 0.1},
        "mcd": {"model": 7.4615, "statistics": 9.3703, "copy_synthesis": 1.1954},
    },
    "a_to_b/pitch": {"mean_f0": {"model": 204.2, "target_speaker": 201.4}},
    "b_to_a": {
        "similarity_margin": {"model": -0.01, "statistics": -0.03, "copy_synthesis": 0.3},
        "mcd": {"model": 9.2571, "statistics": 10.0671, "source": 10.6},
    },
}
SAMPLER = {
    "reconstruction": {
        "mse": {"model": 0.0125, "mean_picture": 0.2304},
        "fd_features": {"model": 99.0, "mean_picture": 335.2},
    },
    "samples": {"fd_features": {"model": 41.4031, "noise": 262.0366, "test_pictures": 4.2947}},
    "likelihood": {"elbo": {"model": -82.8, "mean_picture": -701.5}},
}


def found(tasks) -> Results:
    """Results with these values."""
    return Results(
        tasks={t: {m: Measured(rows) for m, rows in of.items()} for t, of in tasks.items()}
    )


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (ONE, {"psnr": 21.33, "psnr_vs": 14.64}),
        # The worse direction.
        (BOTH, {"sim": -0.01, "mcd": 9.257}),
        # Samples before reconstructions, whichever are worse.
        (SAMPLER, {"mse": 0.0125, "fd": 41.4, "fd_vs": 262.0}),
        ({"codes": {"perplexity": {"model": 70.0}}}, {}),
        ({}, {}),
    ],
)
def test_headlines(results, expected):
    assert headline(found(results)) == expected


def test_opinions_count_where_there_is_no_truth():
    results = {
        "a_to_b": {"target_accuracy": {"model": 0.93333, "untouched_input": 0.0}},
        "b_to_a": {"target_accuracy": {"model": 1.0, "untouched_input": 0.1}},
    }
    assert headline(found(results)) == {"acc": 0.9333, "acc_vs": 0.0}


def test_a_ceiling_alone_is_no_baseline():
    assert headline(found({"a": {"mcd": {"model": 6.0, "copy_synthesis": 3.0}}})) == {"mcd": 6.0}


def test_what_became_nan_is_the_worst():
    rows = {"a": {"mse": {"model": 9.0}}, "b": {"mse": {"model": math.nan, "mean_picture": 0.2}}}
    chosen = headline(found(rows))
    assert math.isnan(chosen["mse"])
    assert chosen.keys() == {"mse"}


def test_the_report_describes_every_ceiling():
    assert BASELINES.keys() >= CEILINGS
