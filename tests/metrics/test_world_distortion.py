"""WORLD's mel-cepstral distortion against pysptk's numbers, closed forms and by hand."""

import math

import numpy as np
import pytest
import torch

from pipeline.metrics.distortion import align, cepstral_distortion
from pipeline.metrics.world_distortion import (
    all_pass_constant,
    mel_cepstrum_of_power,
    world_mel_cepstral_distortion,
    world_mel_cepstrum,
)

RATE = 16000
PYSPTK = (
    *(2.3869157520, 0.9179889885, -0.2211358904, -0.3600984796, 0.0984373772),
    *(0.0774081624, -0.0553681039, -0.0310229244, 0.0935842371, -0.1136152057),
    *(0.1039034087, -0.0814893768, 0.0578334137, -0.0382178847, 0.0239279811),
    *(-0.0143577744, 0.0083235844, -0.0046896386, 0.0025793755, -0.0013897736),
    *(0.0007355720, -0.0003832887, 0.0001969886, -0.0001000071, 0.0000502170),
)
"""Cepstra that pysptk.sp2mc of version 1.0.1 gives of `envelope`, order 24, constant 0.41."""


def envelope() -> np.ndarray:
    """A power spectrum at 513 frequencies, by formula."""
    omega = np.linspace(0, np.pi, 513)
    return np.exp(4 + 1.5 * np.cos(omega) + np.cos(2 * omega) - 0.8 * np.cos(5 * omega))


def voice(seconds: float, pitch: float, resonance: float) -> torch.Tensor:
    """A sung vowel of one resonance in Hz, with some noise."""
    time = np.arange(int(seconds * RATE)) / RATE
    rng = np.random.default_rng(0)
    wave = 0.002 * rng.standard_normal(len(time))
    for number in range(1, int(4000 / pitch)):
        height = math.exp(-(((number * pitch - resonance) / 500) ** 2)) + 0.05
        wave += 0.1 * height * np.sin(2 * np.pi * number * pitch * time + number)
    return torch.from_numpy(wave).float()


def test_cepstra_are_pysptks():
    found = mel_cepstrum_of_power(np.stack([envelope(), 2 * envelope()]), 24, 0.41)
    np.testing.assert_allclose(found[0], PYSPTK, atol=1e-9)
    louder = np.subtract(found[1], PYSPTK)
    np.testing.assert_allclose(louder, [0.5 * math.log(2), *(24 * [0])], atol=1e-9)


def test_without_warping_it_is_the_series_itself():
    # Half of the logarithm of the power is 2 + 0.75 cos w + 0.5 cos 2w - 0.4 cos 5w.
    found = mel_cepstrum_of_power(envelope()[None], 6, 0.0)[0]
    np.testing.assert_allclose(found, [2, 0.75, 0.5, 0, 0, -0.4, 0], atol=1e-12)


def test_the_warped_series_is_the_logarithm_again():
    # log |X| at the frequency w that the all-pass function brings to w'.
    alpha, omega = 0.41, np.linspace(0.1, 3, 7)
    cepstrum = mel_cepstrum_of_power(envelope()[None], 60, alpha)[0]
    warped = omega + 2 * np.arctan2(alpha * np.sin(omega), 1 - alpha * np.cos(omega))
    found = np.cos(np.outer(warped, np.arange(61))) @ cepstrum
    expected = 2 + 0.75 * np.cos(omega) + 0.5 * np.cos(2 * omega) - 0.4 * np.cos(5 * omega)
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        *((8000, 0.312), (11025, 0.357), (16000, 0.410), (22050, 0.455)),
        *((24000, 0.466), (32000, 0.504), (44100, 0.544), (48000, 0.554)),
    ],
)
def test_constants_are_pysptks(rate, expected):
    # Of pysptk.util.mcepalpha, version 1.0.1.
    assert all_pass_constant(rate) == pytest.approx(expected, abs=1e-9)


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
