"""WORLD's mel-cepstral distortion by hand."""

import math

import numpy as np
import pytest
import torch

from pipeline.metrics.distortion import align, cepstral_distortion
from pipeline.metrics.world_distortion import (
    world_mel_cepstral_distortion,
    world_mel_cepstrum,
)

RATE = 16000


def voice(seconds: float, pitch: float, resonance: float) -> torch.Tensor:
    """A sung vowel of one resonance in Hz, with some noise."""
    time = np.arange(int(seconds * RATE)) / RATE
    rng = np.random.default_rng(0)
    wave = 0.002 * rng.standard_normal(len(time))
    for number in range(1, int(4000 / pitch)):
        height = math.exp(-(((number * pitch - resonance) / 500) ** 2)) + 0.05
        wave += 0.1 * height * np.sin(2 * np.pi * number * pitch * time + number)
    return torch.from_numpy(wave).float()


def test_frames_every_five_milliseconds():
    found = world_mel_cepstrum(voice(0.5, 150, 700), RATE)
    assert found.shape == (101, 24)
    assert found.dtype == torch.float32


def test_loudness_does_not_count_and_timbre_does():
    wave = voice(0.6, 150, 700)
    assert world_mel_cepstral_distortion(wave, wave, RATE) == 0
    assert world_mel_cepstral_distortion(wave, 0.3 * wave, RATE) < 0.05
    other = voice(0.6, 150, 1500)
    assert world_mel_cepstral_distortion(wave, other, RATE) > 3


def test_it_is_the_mean_along_the_alignment():
    a, b = voice(0.4, 150, 700), voice(0.5, 180, 900)
    first, second = (world_mel_cepstrum(wave, RATE) for wave in (a, b))
    rows, columns = align(first, second)
    expected = cepstral_distortion(first[rows], second[columns])
    assert world_mel_cepstral_distortion(a, b, RATE) == pytest.approx(expected, rel=1e-9)
    assert world_mel_cepstral_distortion(b, a, RATE) == pytest.approx(expected, rel=1e-6)


def test_silence_has_cepstra_too():
    assert torch.isfinite(world_mel_cepstrum(torch.zeros(RATE // 4), RATE)).all()


def test_refusals():
    with pytest.raises(ValueError, match=r"0.1 s or more, not \[1599\]"):
        world_mel_cepstrum(torch.zeros(1599), RATE)
    with pytest.raises(ValueError, match=r"\[N\]"):
        world_mel_cepstrum(torch.zeros(1, RATE), RATE)
    with pytest.raises(ValueError, match="finite"):
        world_mel_cepstrum(torch.full((RATE,), torch.nan), RATE)
