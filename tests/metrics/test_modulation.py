"""Modulation spectra at values worked out by hand."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.metrics.modulation import FLOOR, modulation_distance, modulation_spectrum


def courses(frames: int, seed: int = 0, coefficients: int = 24) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(frames, coefficients, generator=generator)


def test_a_sine_is_a_line_at_its_frequency():
    cepstrum = 3 + 0.5 * torch.sin(2 * math.pi * 5 * torch.arange(64) / 64)[:, None]
    spectrum = modulation_spectrum(cepstrum, 64)
    assert spectrum.shape == (1, 32)
    # A sine of amplitude a has |X| = a T / 2 there: a power a frame of a^2 T / 4.
    expected = 10 * math.log10(0.5**2 * 64 / 4)
    assert float(spectrum[0, 4]) == pytest.approx(expected, abs=1e-3)  # frequency 0 is left out
    assert (spectrum[0, torch.arange(32) != 4] < -80).all()


def test_it_is_scipys_periodogram():
    from scipy.signal import periodogram

    cepstrum = courses(50)
    _, power = periodogram(cepstrum.double().numpy(), nfft=128, detrend="constant", axis=0)
    # It is one-sided, so all but the last frequency have twice the power.
    expected = power[1:].T / np.where(np.arange(1, 65) == 64, 1, 2)
    spectrum = modulation_spectrum(cepstrum, 128).numpy()
    np.testing.assert_allclose(spectrum, 10 * np.log10(expected), atol=1e-4)


def test_twice_the_movement_is_six_decibels():
    utterances = [courses(50), courses(70, seed=1)]
    louder = [2 * utterance for utterance in utterances]
    assert modulation_distance(louder, utterances) == pytest.approx(20 * math.log10(2), abs=1e-6)
    assert modulation_distance(utterances, louder) == pytest.approx(20 * math.log10(2), abs=1e-6)
    assert modulation_distance(utterances, utterances) == 0


def test_it_is_a_root_mean_square_over_frequencies_and_a_mean_over_coefficients():
    a = courses(64, coefficients=2)
    spectrum = torch.fft.rfft(a.double(), dim=0)
    spectrum[1:9, 1] *= 10 ** (12 / 20)  # 12 dB more at a quarter of one coefficient's frequencies
    b = torch.fft.irfft(spectrum, n=64, dim=0)
    expected = (0 + 12 * math.sqrt(1 / 4)) / 2
    assert modulation_distance([b], [a]) == pytest.approx(expected, abs=1e-4)


def test_means_and_lengths_do_not_count():
    a = courses(64)
    assert modulation_distance([a + 7], [a]) == pytest.approx(0, abs=1e-3)
    white = [courses(200, seed=n) for n in range(30)]
    longer = [courses(400, seed=50 + n) for n in range(30)]
    assert modulation_distance(white, longer) < 1.5  # 3 dB, were longer ones louder


def test_smoothing_costs_fast_modulation():
    speech = [courses(100, seed=n) for n in range(5)]
    smoothed = [(x + x.roll(1, 0) + x.roll(-1, 0)) / 3 for x in speech]
    assert modulation_distance(smoothed, speech) > 5


def test_what_never_moves_is_at_the_floor():
    still = torch.ones(30, 3)
    assert (modulation_spectrum(still, 32) == 10 * math.log10(FLOOR)).all()
    assert modulation_distance([still], [still]) == 0


def test_one_frame_alone_has_a_distance():
    assert modulation_distance([torch.ones(1, 4)], [torch.zeros(1, 4)]) == 0


def test_refusals():
    with pytest.raises(ValueError, match="finite"):
        modulation_distance([courses(9) * torch.nan], [courses(9)])
    with pytest.raises(ValueError, match="each side"):
        modulation_distance([], [courses(9)])
    with pytest.raises(ValueError, match="1 to 8 frames"):
        modulation_spectrum(courses(9), 8)
    with pytest.raises(ValueError, match=r"\[T, D\]"):
        modulation_spectrum(torch.zeros(9), 16)
