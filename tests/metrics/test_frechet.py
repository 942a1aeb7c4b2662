"""The Frechet distance against closed forms, scipy and torch-fidelity."""

import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from pipeline.metrics import frechet
from pipeline.metrics.frechet import GaussianStatistics, distance_of, frechet_distance


def mixed(count: int, features: int, seed: int) -> torch.Tensor:
    """Features that depend on each other, of a mean that is not 0."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(features, features, generator=generator, dtype=torch.float64)
    return torch.randn(count, features, generator=generator, dtype=torch.float64) @ mixing + seed


def with_statistics(mean: list[float], covariance: list[list[float]]) -> GaussianStatistics:
    """Those of 11 samples."""
    values = (torch.tensor(x, dtype=torch.float64) for x in (mean, covariance))
    mean_, covariance_ = values
    return GaussianStatistics(11, mean_, 10 * covariance_)


def test_one_dimension_in_closed_form():
    a = torch.tensor([[0.0], [2.0]])  # mean 1, variance 2
    b = torch.tensor([[1.0], [5.0], [9.0]])  # mean 5, variance 16
    expected = (5 - 1) ** 2 + (np.sqrt(16) - np.sqrt(2)) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)


def test_independent_numbers_in_closed_form():
    a = with_statistics([1.0, 2.0], [[4.0, 0.0], [0.0, 9.0]])
    b = with_statistics([0.0, 4.0], [[1.0, 0.0], [0.0, 25.0]])
    assert distance_of(a, b) == pytest.approx(1 + 4 + (2 - 1) ** 2 + (3 - 5) ** 2, rel=1e-12)


def test_covariances_that_do_not_commute_in_closed_form():
    # tr root of a product of two 2 x 2 matrices: root of (trace + 2 root of the determinant).
    a = with_statistics([0.0, 0.0], [[2.0, 1.0], [1.0, 2.0]])
    b = with_statistics([0.0, 0.0], [[5.0, 0.0], [0.0, 1.0]])
    root = math.sqrt((10 + 2) + 2 * math.sqrt(3 * 5))
    assert distance_of(a, b) == pytest.approx(4 + 6 - 2 * root, rel=1e-12)


def test_general_covariances_against_scipy():
    rng = np.random.default_rng(0)
    a = rng.standard_normal((60, 7)) @ rng.standard_normal((7, 7))
    b = rng.standard_normal((80, 7)) @ rng.standard_normal((7, 7)) + 1
    ca, cb = np.cov(a.T), np.cov(b.T)
    root = sqrtm(ca @ cb).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(ca + cb - 2 * root)
    found = frechet_distance(torch.from_numpy(a), torch.from_numpy(b))
    assert found == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(torch.from_numpy(b), torch.from_numpy(a)) == pytest.approx(found)


@pytest.mark.parametrize("counts", [(90, 70), (90, 20), (20, 90), (25, 20), (31, 30)])
def test_it_is_torch_fidelitys(counts):
    # 30 features: with fewer samples on either side a covariance is singular.
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    a, b = mixed(counts[0], 30, 1), mixed(counts[1], 30, 2)
    both = [fid_features_to_statistics(x) for x in (a, b)]
    expected = fid_statistics_to_metric(*both, verbose=False)["frechet_inception_distance"]
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    found = distance_of(GaussianStatistics.of(a), GaussianStatistics.of(b))
    assert found == pytest.approx(expected, rel=1e-6)


def test_statistics_in_batches_are_those_of_all():
    x = mixed(50, 6, 3) + 1000
    whole = GaussianStatistics.of(x)
    parts = GaussianStatistics.of_batches(x.split([1, 20, 3, 26]))
    merged = GaussianStatistics.of(x[:17]).plus(GaussianStatistics.of(x[17:]))
    for found in (whole, parts, merged):
        assert found.count == 50
        np.testing.assert_allclose(found.mean, x.mean(dim=0), rtol=1e-12)
        np.testing.assert_allclose(found.covariance, np.cov(x.numpy().T), rtol=1e-8)


def test_rows_and_columns_are_taken_block_by_block(monkeypatch):
    a, b = mixed(50, 6, 1), mixed(40, 6, 2)
    expected = frechet_distance(a, b)
    monkeypatch.setattr(frechet, "BLOCK", 7)
    monkeypatch.setattr(frechet, "COLUMNS", 4)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("count", [5, 40])
def test_a_set_is_at_no_distance_from_itself_even_with_few_samples(count):
    x = torch.randn(count, 20)  # covariances of rank 4 and 20
    assert 0 <= frechet_distance(x, x) < 1e-9


def test_a_feature_that_never_varies():
    a, b = mixed(40, 5, 1), mixed(40, 5, 2)
    expected = frechet_distance(a, b)
    a, b = (torch.cat([x, torch.ones(40, 1)], dim=1) for x in (a, b))
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)


def test_a_shift_counts_squared():
    x = torch.randn(50, 4)
    assert frechet_distance(x, x + 3) == pytest.approx(4 * 9, rel=1e-4)


def test_refusals():
    with pytest.raises(ValueError, match="at least two samples"):
        frechet_distance(torch.zeros(1, 3), torch.zeros(5, 3))
    with pytest.raises(ValueError, match="one F"):
        frechet_distance(torch.zeros(5, 2), torch.zeros(5, 3))
    with pytest.raises(ValueError, match="not finite"):
        frechet_distance(torch.full((5, 2), torch.nan), torch.zeros(5, 2))
    one = GaussianStatistics.of(torch.zeros(1, 3))
    with pytest.raises(ValueError, match="at least two samples"):
        distance_of(one, one)
    with pytest.raises(ValueError, match="found none"):
        GaussianStatistics.of_batches([])
