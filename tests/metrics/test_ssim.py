"""SSIM by hand and against skimage."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from pipeline.metrics import ssim as module
from pipeline.metrics.ssim import ssim, ssim_each


def similar(shape: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Smooth pictures in [-1, 1] and noisy versions of them."""
    rng = np.random.default_rng(0)
    a = gaussian_filter(rng.random(shape), (0, 0, 1, 1)) * 1.6 - 0.8
    b = np.clip(a + 0.1 * rng.standard_normal(shape), -1, 1)
    return torch.from_numpy(a), torch.from_numpy(b)


def test_equal_pictures():
    x = torch.rand(2, 3, 16, 16) * 2 - 1
    assert ssim(x, x) == pytest.approx(1.0, abs=1e-9)


def test_flat_pictures_by_hand():
    # Without structure only luminance is left: (2ab + c) / (a^2 + b^2 + c), c = 0.01^2.
    a, b = torch.full((1, 1, 16, 16), -0.5), torch.full((1, 1, 16, 16), 0.5)
    expected = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    assert ssim(a, b) == pytest.approx(expected, abs=1e-9)


def test_a_picture_of_one_window_by_hand():
    # Stripes of 0 and 1 in one place, their negative in the other: equal means but for the
    # window's rounding, variance v, covariance -v.
    a = torch.ones(1, 1, 11, 11)
    a[..., ::2] = -1
    weights = np.exp(-(np.arange(-5.0, 6.0) ** 2) / (2 * 1.5**2))
    share = float((weights / weights.sum())[1::2].sum())  # of the ones
    v = share * (1 - share)
    luminance = (2 * share * (1 - share) + 1e-4) / (share**2 + (1 - share) ** 2 + 1e-4)
    expected = luminance * (-2 * v + 9e-4) / (2 * v + 9e-4)
    assert ssim(a, -a) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("shape", [(3, 3, 32, 27), (2, 1, 11, 40), (1, 4, 64, 64)])
def test_it_is_skimages_with_the_papers_window(shape):
    from skimage.metrics import structural_similarity

    a, b = similar(shape)
    expected = [
        structural_similarity(
            *((picture.numpy() + 1) / 2 for picture in pair),
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1,
            channel_axis=0,
        )
        for pair in zip(a, b, strict=True)
    ]
    found = ssim_each(a, b)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert ssim(a, b) == pytest.approx(np.mean(expected), abs=1e-9)


@pytest.mark.parametrize(("side", "window"), [(10, 9), (8, 7), (2, 1), (1, 1)])
def test_smaller_pictures_have_the_largest_odd_window_that_fits(side, window):
    a, b = ((x.numpy()[0, 0] + 1) / 2 for x in similar((1, 1, side, 12)))
    offsets = np.arange(window) - window // 2
    weights = np.exp(-(offsets**2) / (2 * 1.5**2))
    weights = np.outer(weights, weights) / weights.sum() ** 2
    values = []
    for row in range(side - window + 1):
        for column in range(12 - window + 1):
            place = np.s_[row : row + window, column : column + window]
            x, y = a[place], b[place]
            mx, my = (weights * x).sum(), (weights * y).sum()
            vx, vy = (weights * (x - mx) ** 2).sum(), (weights * (y - my) ** 2).sum()
            both = (weights * (x - mx) * (y - my)).sum()
            luminance = (2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4)
            values.append(luminance * (2 * both + 9e-4) / (vx + vy + 9e-4))
    found = ssim(*similar((1, 1, side, 12)))
    assert found == pytest.approx(np.mean(values), abs=1e-9)


def test_noise_is_unlike_and_values_beyond_the_range_are_clamped():
    torch.manual_seed(0)
    x, y = torch.rand(1, 3, 32, 32) * 2 - 1, torch.rand(1, 3, 32, 32) * 2 - 1
    assert abs(ssim(x, y)) < 0.1
    assert ssim(3 * x.sign(), x.sign()) == pytest.approx(1.0, abs=1e-9)


def test_pictures_are_kept_apart():
    a, b = similar((3, 2, 16, 16))
    found = ssim_each(a, b)
    for number in range(3):
        alone = ssim(a[number : number + 1], b[number : number + 1])
        assert float(found[number]) == pytest.approx(alone, abs=1e-12)


def test_two_shapes_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        ssim(torch.zeros(1, 1, 16, 16), torch.zeros(1, 3, 16, 16))


def test_many_pictures_are_taken_some_at_a_time(monkeypatch):
    a, b = similar((5, 2, 16, 16))
    expected = ssim_each(a, b)
    monkeypatch.setattr(module, "BLOCK", 2 * 2 * 16 * 16)
    torch.testing.assert_close(ssim_each(a, b), expected, rtol=0, atol=0)
