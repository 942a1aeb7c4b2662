"""Noise, medians, and what a reconstructor makes of noise."""

import math

import pytest
import torch

from pipeline.latent.denoising import add_noise, denoising_psnr, median_filter


def test_the_noise_has_its_power() -> None:
    x = torch.zeros(8, 1, 32, 32)
    for std in (0.1, 0.5):
        found = denoising_psnr(lambda y: y, x, std)
        assert float(found["noisy"].mean()) == pytest.approx(10 * math.log10(4 / std**2), abs=0.1)
    assert torch.equal(add_noise(x, 0.3, 1), add_noise(x, 0.3, 1))
    assert not torch.equal(add_noise(x, 0.3, 1), add_noise(x, 0.3, 2))


def test_a_median_removes_a_speck_and_keeps_an_edge() -> None:
    x = torch.full((1, 1, 7, 8), -1.0)
    x[..., 4:] = 1
    speck = x.clone()
    speck[0, 0, 3, 1] = 1
    assert torch.equal(median_filter(speck), x)
    assert median_filter(torch.arange(25.0).reshape(1, 1, 5, 5))[0, 0, 2, 2] == 12
    for size in (2, 16):
        with pytest.raises(ValueError, match="odd size"):
            median_filter(x, size)


def test_who_knows_the_clean_picture_wins() -> None:
    x = torch.linspace(-1, 1, 64).reshape(1, 1, 8, 8).repeat(3, 1, 1, 1)
    found = {name: float(v.mean()) for name, v in denoising_psnr(lambda y: x, x, 0.5).items()}
    assert found["model"] == found["model_of_clean"] == pytest.approx(100)
    assert found["noisy"] <= found["clamped"] < found["median_3"] < found["model"]
