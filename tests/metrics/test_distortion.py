"""Mel-cepstral distortion at values worked out by hand."""

import math
from functools import cache

import numpy as np
import pytest
import torch

from pipeline.metrics.distortion import (
    align,
    cepstral_distortion,
    mel_cepstral_distortion,
    mel_cepstrum,
    warping_path,
)


def speech_like(frames: int, seed: int = 0) -> torch.Tensor:
    """A smooth random walk in 80 bands."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(80, frames, generator=generator).cumsum(dim=1) - 5


def ripple(m: int, bands: int = 80) -> torch.Tensor:
    """The basis function of cepstral coefficient m, ``[M, 1]``."""
    return torch.cos(math.pi * m * (torch.arange(bands) + 0.5) / bands)[:, None]


def least_total(cost: np.ndarray) -> float:
    """The cheapest path's total, by trying every path."""

    @cache
    def best(i: int, j: int) -> float:
        if i == 0 and j == 0:
            return float(cost[0, 0])
        steps = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
        return float(cost[i, j]) + min(best(*step) for step in steps if min(step) >= 0)

    return best(cost.shape[0] - 1, cost.shape[1] - 1)


def test_cepstrum_is_the_cosine_series():
    frames = 1.5 + 0.7 * ripple(1) - 0.2 * ripple(24) + 9.0 * ripple(25)
    cepstrum = mel_cepstrum(frames)
    assert cepstrum.shape == (1, 24)
    expected = torch.zeros(1, 24)
    expected[0, 0], expected[0, 23] = 0.7, -0.2
    torch.testing.assert_close(cepstrum, expected, atol=1e-5, rtol=0)


def test_cepstrum_equals_scipys_orthonormal_transform():
    from scipy.fft import dct

    mel = speech_like(7)
    expected = dct(mel.numpy(), axis=0, norm="ortho")[1:25].T * math.sqrt(2 / 80)
    np.testing.assert_allclose(mel_cepstrum(mel).numpy(), expected, atol=1e-4)


def test_identical_is_zero():
    mel = speech_like(50)
    assert mel_cepstral_distortion(mel, mel) == 0.0


@pytest.mark.parametrize(("m", "offset"), [(1, 0.5), (7, -1.0), (24, 0.25)])
def test_an_offset_in_one_coefficient(m, offset):
    a = speech_like(1).expand(80, 20)
    expected = 10 / math.log(10) * math.sqrt(2) * abs(offset)
    assert mel_cepstral_distortion(a, a + offset * ripple(m)) == pytest.approx(expected, rel=1e-4)


def test_two_offsets_add_as_squares():
    a = torch.zeros(80, 5)
    b = a + 0.3 * ripple(2) + 0.4 * ripple(3)
    expected = 10 / math.log(10) * math.sqrt(2) * 0.5
    assert mel_cepstral_distortion(a, b) == pytest.approx(expected, rel=1e-4)


def test_it_is_the_rms_over_bands_in_decibels():
    difference = 0.3 * ripple(2) + 0.4 * ripple(3)
    rms = 20 / math.log(10) * difference.square().mean().sqrt().item()
    distortion = mel_cepstral_distortion(torch.zeros(80, 1), difference)
    assert distortion == pytest.approx(rms, rel=1e-4)


def test_loudness_and_fine_structure_do_not_count():
    a = speech_like(30)
    assert mel_cepstral_distortion(a, a + 3.0) == pytest.approx(0, abs=1e-4)
    assert mel_cepstral_distortion(a, a + ripple(25)) == pytest.approx(0, abs=1e-4)


def test_repeated_frames_do_not_count():
    a = speech_like(40)
    slow = a.repeat_interleave(torch.arange(40) % 3 + 1, dim=1)
    assert mel_cepstral_distortion(a, slow) == pytest.approx(0, abs=1e-5)
    assert mel_cepstral_distortion(slow, a) == pytest.approx(0, abs=1e-5)


def test_symmetric():
    a, b = speech_like(30), speech_like(45, seed=1)
    there, back = mel_cepstral_distortion(a, b), mel_cepstral_distortion(b, a)
    assert there == pytest.approx(back, rel=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 3), (5, 7)])
def test_warping_path_is_the_cheapest(shape):
    rng = np.random.default_rng(shape[0] * 10 + shape[1])
    for _ in range(10):
        cost = rng.random(shape)
        rows, columns = warping_path(cost)
        assert (rows[0], columns[0]) == (0, 0)
        assert (rows[-1] + 1, columns[-1] + 1) == shape
        steps = set(zip(np.diff(rows).tolist(), np.diff(columns).tolist(), strict=True))
        assert steps <= {(1, 1), (1, 0), (0, 1)}
        assert cost[rows, columns].sum() == pytest.approx(least_total(cost))


def test_alignment_is_librosas_of_the_same_cepstra():
    from librosa.sequence import dtw

    a, b = mel_cepstrum(speech_like(40)), mel_cepstrum(speech_like(55, seed=1))
    _, path = dtw(X=a.numpy().T, Y=b.numpy().T, metric="euclidean")
    rows, columns = align(a, b)
    assert rows.tolist() == path[::-1, 0].tolist()
    assert columns.tolist() == path[::-1, 1].tolist()


def test_distortion_is_the_mean_along_the_alignment():
    a, b = speech_like(30), speech_like(45, seed=1)
    first, second = mel_cepstrum(a), mel_cepstrum(b)
    rows, columns = align(first, second)
    squares = (first[rows] - second[columns]).double().square().sum(dim=1)
    expected = float((10 / math.log(10) * (2 * squares).sqrt()).mean())
    assert cepstral_distortion(first[rows], second[columns]) == pytest.approx(expected, rel=1e-9)
    assert mel_cepstral_distortion(a, b) == pytest.approx(expected, rel=1e-9)


def test_refusals():
    mel = speech_like(5)
    with pytest.raises(ValueError, match="finite"):
        mel_cepstral_distortion(mel, mel * float("nan"))
    with pytest.raises(ValueError, match="80 and 40"):
        mel_cepstral_distortion(mel, mel[:40])
    with pytest.raises(ValueError, match="order"):
        mel_cepstrum(mel, order=80)
    with pytest.raises(ValueError, match=r"\[M, T\]"):
        mel_cepstrum(mel[None])
    with pytest.raises(ValueError, match=r"\[M, T\]"):
        mel_cepstrum(torch.zeros(80, 0))


def test_few_bands_have_fewer_coefficients():
    a, b = torch.randn(2, 16, 9, generator=torch.Generator().manual_seed(1))
    first, second = mel_cepstrum(a, 15), mel_cepstrum(b, 15)
    rows, columns = align(first, second)
    expected = cepstral_distortion(first[rows], second[columns])
    assert mel_cepstral_distortion(a, b) == pytest.approx(expected)
