"""MS-SSIM against the paper's formula, written out in scipy."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from scipy.signal import convolve2d

from pipeline.metrics.ms_ssim import LEAST, WEIGHTS, ms_ssim, ms_ssim_each


def in_scipy(a: np.ndarray, b: np.ndarray) -> float:
    """Of two channels [H, W] in [0, 1], as the authors' code goes about it."""
    grid = np.arange(-5.0, 6.0)
    window = np.exp(-(grid[:, None] ** 2 + grid**2) / (2 * 1.5**2))
    window /= window.sum()
    result = 1.0
    for scale, weight in enumerate(WEIGHTS):
        mx, my, xx, yy, xy = (
            convolve2d(x, window, mode="valid") for x in (a, b, a * a, b * b, a * b)
        )
        luminance = (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4)
        structure = (2 * (xy - mx * my) + 9e-4) / (xx - mx**2 + yy - my**2 + 9e-4)
        last = scale == len(WEIGHTS) - 1
        result *= max((luminance * structure if last else structure).mean(), 0) ** weight
        a, b = halved(a), halved(b)
    return float(result)


def halved(x: np.ndarray) -> np.ndarray:
    """Means of 2 x 2; a row or column that is left over is its own neighbour."""
    x = np.pad(x, [(0, side % 2) for side in x.shape], mode="symmetric")
    return (x[::2, ::2] + x[1::2, ::2] + x[::2, 1::2] + x[1::2, 1::2]) / 4


def similar(shape: tuple[int, ...], noise: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth pictures in [-1, 1] and noisy versions of them."""
    rng = np.random.default_rng(0)
    a = gaussian_filter(rng.random(shape), (0, 0, 3, 3)) * 4 - 2
    a, b = (np.clip(x, -1, 1) for x in (a, a + noise * rng.standard_normal(shape)))
    return torch.from_numpy(a), torch.from_numpy(b)


@pytest.mark.parametrize("size", [(161, 161), (176, 165), (163, 187)])
@pytest.mark.parametrize("noise", [0.05, 0.5])
def test_it_is_the_papers(size, noise):
    a, b = similar((2, 2, *size), noise)
    expected = [
        np.mean([in_scipy(x, y) for x, y in zip((p + 1) / 2, (q + 1) / 2, strict=True)])
        for p, q in zip(a.numpy(), b.numpy(), strict=True)
    ]
    np.testing.assert_allclose(ms_ssim_each(a, b), expected, atol=1e-9)
    assert ms_ssim(a, b) == pytest.approx(np.mean(expected), abs=1e-9)


def test_the_published_weights_add_up_to_one():
    assert sum(WEIGHTS) == pytest.approx(1, abs=1e-4)


def test_equal_and_opposite_pictures():
    a, _ = similar((1, 1, 161, 161), 0)
    assert ms_ssim(a, a) == pytest.approx(1, abs=1e-9)
    assert ms_ssim(a, -a) == 0


def test_small_pictures_are_refused():
    assert LEAST == 161
    a = torch.zeros(1, 1, 160, 200)
    with pytest.raises(ValueError, match=r"needs 161 pixels a side, found \[160, 200\]"):
        ms_ssim(a, a)
