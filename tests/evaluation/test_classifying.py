"""Shares of samples and of classes have intervals, so that chance is not taken for a price."""

import pytest
import torch

from pipeline.evaluation.classifying import class_coverage_with_interval, measure_manifolds
from pipeline.metrics.bootstrap import bootstrap_interval
from pipeline.metrics.precision_recall import density_coverage, precision_recall


def test_the_values_of_the_items_have_the_metrics_as_their_means():
    generator = torch.Generator().manual_seed(0)
    x, reference = (
        torch.randn(n, 4, generator=generator) + shift for n, shift in ((40, 1), (60, 0))
    )
    found = measure_manifolds({"model": x}, reference)
    expected = {
        **precision_recall(x, reference, 5)._asdict(),
        **density_coverage(x, reference, 5)._asdict(),
    }
    means = {metric: float(rows["model"].mean()) for metric, rows in found.items()}
    assert means == pytest.approx(expected, abs=1e-12)
    assert {metric: len(rows["model"]) for metric, rows in found.items()} == {
        "precision": 40, "density": 40, "recall": 60, "coverage": 60
    }  # fmt: skip
    low, high = bootstrap_interval(found["recall"]["model"])
    assert low < expected["recall"] < high


def test_a_class_that_is_nearly_reached_lies_within_the_interval():
    predictions = torch.tensor([0] * 60 + [1] * 60 + [2] * 19)  # half an even share is 23.2
    value, (low, high) = class_coverage_with_interval(predictions, 3)
    assert value == pytest.approx(2 / 3)
    assert low == pytest.approx(2 / 3)
    assert high == 1
    assert class_coverage_with_interval(torch.zeros(100).long(), 4) == (0.25, (0.25, 0.25))
