"""The Frechet distance against closed forms and scipy."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from pipeline.metrics.frechet import frechet_distance


def test_one_dimension_in_closed_form():
    a = torch.tensor([[0.0], [2.0]])  # mean 1, variance 2
    b = torch.tensor([[1.0], [5.0], [9.0]])  # mean 5, variance 16
    expected = (5 - 1) ** 2 + (np.sqrt(16) - np.sqrt(2)) ** 2
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)


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


def test_a_set_is_at_no_distance_from_itself_even_with_few_samples():
    x = torch.randn(5, 20)  # covariances of rank 4
    assert 0 <= frechet_distance(x, x) < 1e-5


def test_a_shift_counts_squared():
    x = torch.randn(50, 4)
    assert frechet_distance(x, x + 3) == pytest.approx(4 * 9, rel=1e-4)


def test_one_sample_is_not_enough():
    with pytest.raises(ValueError, match="at least two samples"):
        frechet_distance(torch.zeros(1, 3), torch.zeros(5, 3))
