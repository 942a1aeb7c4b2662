"""Energy of fine detail, at values worked out by hand."""

import math

import pytest
import torch

from pipeline.metrics.sharpness import high_frequency_energy


def wave(cycles: float, side: int = 16) -> torch.Tensor:
    """Stripes of unit amplitude, so many cycles a side: their energy is 1/2 a value."""
    line = torch.cos(2 * math.pi * cycles * torch.arange(side) / side)
    return line.expand(2, 3, side, side)


def test_stripes_count_where_they_are_fine():
    assert high_frequency_energy(wave(2)) == pytest.approx(0, abs=1e-6)
    assert high_frequency_energy(wave(4)) == pytest.approx(0, abs=1e-6)  # just a quarter
    assert high_frequency_energy(wave(6)) == pytest.approx(0.5, abs=1e-5)
    assert high_frequency_energy(wave(6).transpose(2, 3)) == pytest.approx(0.5, abs=1e-5)
    assert high_frequency_energy(3 * wave(6)) == pytest.approx(4.5, abs=1e-4)
    assert high_frequency_energy(wave(6) + wave(2)) == pytest.approx(0.5, abs=1e-5)


def test_light_alone_has_none():
    assert high_frequency_energy(torch.full((1, 1, 8, 8), 0.7)) == pytest.approx(0, abs=1e-6)
