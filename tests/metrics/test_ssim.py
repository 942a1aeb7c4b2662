"""SSIM by hand and against its defining formula."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from pipeline.metrics.ssim import ssim


def test_equal_pictures():
    x = torch.rand(2, 3, 16, 16) * 2 - 1
    assert ssim(x, x) == pytest.approx(1.0, abs=1e-6)


def test_flat_pictures_by_hand():
    # Without structure only luminance is left: (2ab + c) / (a^2 + b^2 + c), c = 0.01^2.
    a, b = torch.full((1, 1, 16, 16), -0.5), torch.full((1, 1, 16, 16), 0.5)
    expected = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    assert ssim(a, b) == pytest.approx(expected, abs=1e-5)


def test_the_papers_formula():
    rng = np.random.default_rng(0)
    a = gaussian_filter(rng.random((32, 32)), 1)
    b = np.clip(a + 0.05 * rng.standard_normal((32, 32)), 0, 1)

    def smooth(x: np.ndarray) -> np.ndarray:
        return gaussian_filter(x, 1.5, truncate=5 / 1.5, mode="mirror")  # a window of 11

    mean_a, mean_b = smooth(a), smooth(b)
    variance_a, variance_b = smooth(a * a) - mean_a**2, smooth(b * b) - mean_b**2
    covariance = smooth(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    expected = ((2 * mean_a * mean_b + c1) * (2 * covariance + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    )
    x, y = (torch.from_numpy(p * 2 - 1).float()[None, None] for p in (a, b))
    assert ssim(x, y) == pytest.approx(float(expected.mean()), abs=1e-4)


def test_noise_is_unlike_and_values_beyond_the_range_are_clamped():
    torch.manual_seed(0)
    x, y = torch.rand(1, 3, 32, 32) * 2 - 1, torch.rand(1, 3, 32, 32) * 2 - 1
    assert abs(ssim(x, y)) < 0.1
    assert ssim(3 * x.sign(), x.sign()) == pytest.approx(1.0, abs=1e-6)
