"""Envelopes as few numbers and back: pysptk's numbers, closed forms, round trips."""

import math

import numpy as np
import pytest

from pipeline.codecs.world_features import (
    all_pass_constant,
    band_frequencies,
    bands_of_log_amplitude,
    log_amplitude_of_bands,
    log_amplitude_of_mel_cepstrum,
    mel_cepstrum_of_power,
    mels,
    warping,
)

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


@pytest.mark.parametrize("alpha", [0.0, 0.41])
def test_the_inverse_is_the_series_at_warped_frequencies(alpha):
    # A smooth envelope has few coefficients, so nothing is cut off.
    cepstrum = mel_cepstrum_of_power(envelope()[None], 60, alpha)
    back = log_amplitude_of_mel_cepstrum(cepstrum, 513, alpha)
    np.testing.assert_allclose(back[0], np.log(envelope()) / 2, atol=1e-9)


def test_the_inverse_is_a_warping_back():
    # cos(m w') is what a cepstrum of the unwarped axis sums up to: the matrix of -alpha.
    cepstrum = mel_cepstrum_of_power(envelope()[None], 35, 0.41)
    series = (cepstrum @ warping(36, 512, -0.41))[0]
    omega = np.linspace(0, np.pi, 513)
    expected = np.cos(np.outer(omega, np.arange(513))) @ series
    found = log_amplitude_of_mel_cepstrum(cepstrum, 513, 0.41)[0]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_what_the_order_cuts_off_is_lost_alone():
    rough = np.exp(np.random.default_rng(0).normal(size=(3, 513)))
    once = log_amplitude_of_mel_cepstrum(mel_cepstrum_of_power(rough, 35, 0.41), 513, 0.41)
    again = mel_cepstrum_of_power(np.exp(2 * once), 35, 0.41)
    twice = log_amplitude_of_mel_cepstrum(again, 513, 0.41)
    np.testing.assert_allclose(twice, once, atol=1e-6)


def test_mels_are_fants():
    np.testing.assert_allclose(mels(np.array([0.0, 1000.0, 3000.0])), [0, 1000, 2000])
    spaced = band_frequencies(4, 14_000)
    np.testing.assert_allclose(spaced, [0, 1000, 3000, 7000], atol=1e-9)


def test_bands_are_read_between_frequencies_and_back():
    line = np.linspace(-3, 1, 513)[None]  # linear in frequency, and so in what is read of it
    bands = bands_of_log_amplitude(line, 80, 16_000)
    np.testing.assert_allclose(bands[0], -3 + 4 * band_frequencies(80, 16_000) / 8000, atol=1e-9)
    back = log_amplitude_of_bands(bands, 513, 16_000)
    np.testing.assert_allclose(back, line, atol=0.002)
    flat = log_amplitude_of_bands(np.full((2, 40), -5.0), 513, 16_000)
    np.testing.assert_allclose(flat, -5.0)
