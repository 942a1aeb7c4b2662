"""Clusters, and how far labels agree."""

import math

import pytest
import torch
from sklearn.metrics import normalized_mutual_info_score

from pipeline.latent.probing import Features, probe_all
from pipeline.metrics.clustering import (
    kmeans_labels,
    mutual_information,
    normalised_mutual_information,
)


def test_information_of_halves_and_quarters() -> None:
    halves, quarters = torch.tensor([0, 0, 1, 1]), torch.tensor([5, 6, 7, 8])
    assert mutual_information(halves, halves) == pytest.approx(math.log(2))
    assert mutual_information(halves, quarters) == pytest.approx(math.log(2))
    # log 2 over the mean of log 2 and log 4
    assert normalised_mutual_information(halves, quarters) == pytest.approx(2 / 3)
    crossed = torch.tensor([0, 1, 0, 1])
    assert normalised_mutual_information(halves, crossed) == pytest.approx(0, abs=1e-12)
    assert normalised_mutual_information(halves, 1 - halves) == pytest.approx(1)


def test_it_is_that_of_scikit_learn() -> None:
    a, b = torch.randint(0, 5, (2, 200), generator=torch.Generator().manual_seed(0))
    expected = normalized_mutual_info_score(a.numpy(), b.numpy())
    assert normalised_mutual_information(a, b) == pytest.approx(expected)


def test_labels_that_never_change() -> None:
    same = torch.zeros(4).long()
    assert normalised_mutual_information(same, same) == 1
    assert normalised_mutual_information(same, torch.arange(4)) == 0
    with pytest.raises(ValueError, match="two labels of each item"):
        mutual_information(same, same[:2])
    with pytest.raises(ValueError, match="two labels of each item"):
        mutual_information(same[:0], same[:0])


def test_blobs_are_found() -> None:
    x = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))
    truth = torch.arange(60) % 3
    x += 30 * torch.nn.functional.one_hot(truth, 3)
    assert normalised_mutual_information(kmeans_labels(x, 3), truth) == pytest.approx(1)
    with pytest.raises(ValueError, match="1 to 60 clusters"):
        kmeans_labels(x, 61)


def test_features_that_tell_classes_apart_stand_out() -> None:
    labels = torch.arange(80) % 2
    noise = torch.randn(80, 4, generator=torch.Generator().manual_seed(0))
    telling = noise + 20 * labels[:, None]
    sets = {name: Features(x[:40], x[40:]) for name, x in (("a", telling), ("b", noise))}
    found = probe_all(sets, labels[:40], labels[40:])
    assert found["a"] == (1, pytest.approx(1))
    assert found["b"].accuracy < 0.8
    assert found["b"].nmi < 0.3
