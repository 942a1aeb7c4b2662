"""PSNR by hand."""

import math

import pytest
import torch

from pipeline.metrics.psnr import psnr, psnr_each


def test_a_constant_error():
    x = torch.zeros(2, 3, 4, 4)
    assert psnr(x + 0.2, x) == pytest.approx(20.0, abs=1e-4)  # peak to peak 2, error 0.2
    assert psnr(x + 2.0, x) == pytest.approx(0.0, abs=1e-6)


def test_pictures_count_equally_not_pixels():
    x = torch.zeros(2, 1, 2, 2)
    y = x.clone()
    y[0] += 0.2
    y[1, 0, 0, 0] = 0.2  # a quarter of the error
    expected = (20 + 20 + 10 * math.log10(4)) / 2
    assert psnr(y, x) == pytest.approx(expected, abs=1e-4)


def test_a_copy_counts_as_100_db():
    x = torch.rand(2, 3, 4, 4)
    assert psnr(x, x) == pytest.approx(100.0, abs=1e-4)


def test_pictures_are_kept_apart():
    x = torch.zeros(2, 1, 4, 4)
    y = torch.stack([x[0] + 0.2, x[1] + 2])
    assert psnr_each(y, x).tolist() == pytest.approx([20.0, 0.0], abs=1e-4)
