"""A voice's pitch moves without its formants, and they without it, in sound of any length."""

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.signal import welch
from voices import FORMANTS, glide, vowel

from pipeline.codecs.pitch import world_f0
from pipeline.inference import effects
from pipeline.inference.effects import CHUNK, FADE, MARGIN, shift_blocks, shift_voice

RATE = 16_000


def steady(hertz: float, seconds: float, rate: int = RATE) -> np.ndarray:
    return vowel(np.full(round(seconds * rate), hertz), rate)


def f0_of(wave: np.ndarray, rate: int = RATE) -> float:
    track, _ = world_f0(wave.astype(np.float64), rate, 5.0)
    assert (track > 0).mean() > 0.95
    return float(np.median(track[track > 0]))


def formants_of(wave: np.ndarray) -> np.ndarray:
    """The strongest frequencies of a voice whose F0 glides over all of them, Hz."""
    hertz, power = welch(wave, RATE, nperseg=512, nfft=8192)
    power = np.convolve(power, np.hanning(101), "same")  # 200 Hz
    peaks = [k for k in range(1, len(power) - 1) if power[k - 1] < power[k] >= power[k + 1]]
    return np.sort(hertz[sorted(peaks, key=lambda k: -power[k])[: len(FORMANTS)]])


def decibels(a: np.ndarray, b: np.ndarray) -> float:
    return float(20 * np.log10(a.std() / b.std()))


@pytest.mark.parametrize(("hertz", "pitch", "expected"), [(120, 12, 240), (220, -7, 146.83)])
def test_pitch_moves_by_semitones(hertz: float, pitch: float, expected: float) -> None:
    moved = shift_voice(steady(hertz, 2), RATE, pitch=pitch)
    assert f0_of(moved) == pytest.approx(expected, rel=0.002)


@pytest.mark.parametrize("pitch", [-7, 5, 12])
def test_formants_stay_while_pitch_moves(pitch: float) -> None:
    moved = shift_voice(vowel(glide(80, 240, 4, RATE), RATE), RATE, pitch=pitch)
    np.testing.assert_allclose(formants_of(moved), FORMANTS, rtol=0.03)


@pytest.mark.parametrize("formants", [-4, 2])
def test_formants_move_and_pitch_stays(formants: float) -> None:
    wave = vowel(glide(80, 240, 4, RATE), RATE)
    np.testing.assert_allclose(formants_of(wave), FORMANTS, rtol=0.02)
    moved = shift_voice(wave, RATE, formants=formants)
    expected = np.multiply(FORMANTS, 2 ** (formants / 12))
    np.testing.assert_allclose(formants_of(moved), expected, rtol=0.03)
    assert f0_of(shift_voice(steady(120, 2), RATE, formants=formants)) == pytest.approx(120, 0.002)
    assert abs(decibels(moved, wave)) < 1


def test_zero_hands_on_the_very_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effects, "analyse", None)
    blocks = [steady(120, 0.1), steady(150, 0.2)]
    made = list(shift_blocks(blocks, 8000, 0, 0))
    assert all(a is b for a, b in zip(made, blocks, strict=True))


def test_blocks_of_any_length_give_the_same() -> None:
    wave = vowel(glide(110, 220, 2 * CHUNK + 1.7, RATE), RATE)
    blocks = [wave[first : first + 7001] for first in range(0, len(wave), 7001)]
    pieces = np.concatenate(list(shift_blocks(blocks, RATE, 3, -2)))
    assert len(pieces) == len(wave)
    np.testing.assert_array_equal(pieces, shift_voice(wave, RATE, 3, -2))


def test_chunks_join_in_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of it, a steady voice dips where they fade into one another, by up to 3 dB."""
    joins: list[float] = []

    def watched(ending: np.ndarray, beginning: np.ndarray) -> np.ndarray:
        if len(ending):
            likeness = ending @ beginning / np.sqrt((ending @ ending) * (beginning @ beginning))
            joins.append(float(likeness))
        return cross_fade(ending, beginning)

    cross_fade = effects.cross_fade
    monkeypatch.setattr(effects, "cross_fade", watched)
    moved = shift_voice(steady(130, 4 * CHUNK), RATE, pitch=3)
    assert len(joins) == 3
    assert min(joins) > 0.99
    period = round(RATE / f0_of(moved))
    levels = [moved[i : i + 2 * period].std() for i in range(RATE, len(moved) - RATE, period)]
    assert max(levels) / min(levels) < 1.1


def test_memory_is_flat() -> None:
    taken = given = 0

    def source() -> Iterator[np.ndarray]:
        nonlocal taken
        for _ in range(30):
            taken += RATE
            yield np.zeros(RATE, np.float32)

    for block in shift_blocks(source(), RATE, pitch=1):
        given += len(block)
        assert taken - given <= (CHUNK + 2 * MARGIN + FADE + 1) * RATE or taken == 30 * RATE
    assert given == taken


@pytest.mark.parametrize("rate", [1000, 8000, 11_025, 16_001, 44_100])
@pytest.mark.parametrize("samples", [0, 1, 60, 5001])
def test_any_rate_and_length_stays(rate: int, samples: int) -> None:
    wave = np.linspace(-0.5, 0.5, samples, dtype=np.float32)
    moved = shift_voice(wave, rate, 3, 1)
    assert moved.shape == (samples,)
    assert moved.dtype == np.float32
    assert np.isfinite(moved).all()


def test_a_low_rate_is_as_good() -> None:
    wave = steady(120, 2, 8000)
    moved = shift_voice(wave, 8000, pitch=12)
    assert f0_of(moved, 8000) == pytest.approx(240, rel=0.002)
    assert len(moved) == len(wave)


def test_silence_stays_silence() -> None:
    assert np.abs(shift_voice(np.zeros(RATE, np.float32), RATE, 3, 2)).max() < 1e-6


@pytest.mark.parametrize(
    ("shift", "words"),
    [
        ({"pitch": 12.1}, "pitch is 12.1 semitones, allowed: -12 to 12"),
        ({"formants": -13}, "formants is -13 semitones, allowed: -12 to 12"),
        ({"pitch": float("nan")}, "pitch is nan"),
    ],
)
def test_refusals(shift: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        shift_voice(np.zeros(100, np.float32), RATE, **shift)
