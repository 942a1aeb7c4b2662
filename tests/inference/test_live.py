"""Sound that is converted while it is spoken: as the whole is, after a known delay, and bounded."""

import dataclasses

import numpy as np
import pytest
import tiny
from converters import Loudness, ToBeatrice, finished_voice
from torch import Tensor
from torch.nn.functional import avg_pool2d

from pipeline.codecs.sound_files import PEAK
from pipeline.inference import live
from pipeline.inference.conversion import convert_wave
from pipeline.inference.finished import FinishedModel
from pipeline.inference.limiter import Limiter, Peaks, bounded
from pipeline.inference.live import BLOCK, CONTEXT, MARGIN, LiveConverter

RATE = tiny.CONVENTION.rate


def noise(samples: int, level: float = 0.1) -> np.ndarray:
    return (level * np.random.default_rng(0).standard_normal(samples)).astype(np.float32)


def through(converter: LiveConverter | Limiter, wave: np.ndarray, length: int) -> np.ndarray:
    """What comes out of a sound that is pushed in blocks of some length."""
    blocks = [wave[first : first + length] for first in range(0, len(wave), length)]
    return np.concatenate([*map(converter.push, blocks), converter.flush()])


# Live conversion


@pytest.mark.parametrize("length", [10, 3999, 4000, 50_000])
@pytest.mark.parametrize("samples", [0, 1, 5000, 30_001])
def test_nothing_is_lost_or_moved_by_blocks_of_any_length(length, samples):
    heard: list[int] = []

    def convert(wave):
        heard.append(len(wave))
        return 2 * wave

    wave = noise(samples)
    found = through(LiveConverter(convert, RATE, RATE), wave, length)
    np.testing.assert_allclose(found, 2 * wave, atol=1e-6)
    assert max(heard, default=0) <= (CONTEXT + BLOCK + MARGIN) * RATE


def test_another_rate_keeps_the_time():
    time = np.arange(2 * 48_000) / 48_000
    wave = (0.1 * np.sin(2 * np.pi * 400 * time)).astype(np.float32)
    found = through(LiveConverter(np.copy, 48_000, RATE), wave, 24_000)
    assert abs(len(found) - 2 * RATE) <= 1
    np.testing.assert_allclose(found[99:-99], wave[::6][99 : len(found) - 99], atol=1e-3)


@pytest.mark.parametrize(("piece", "expected"), [(0.01, 0.75), (BLOCK / 2, 0.8), (BLOCK, 0.8)])
def test_the_delay_is_as_it_says(piece, expected):
    converter = LiveConverter(np.copy, RATE, RATE)
    pushed = given = longest = 0
    for _ in range(round(4 / piece)):
        pushed += round(piece * RATE)
        block = converter.push(noise(round(piece * RATE)))
        longest = max(longest, pushed - given) if len(block) else longest
        given += len(block)
    assert converter.delay(piece) == pytest.approx(expected + 0.02)
    assert longest / RATE == pytest.approx(converter.delay(piece))


def test_edges_of_what_a_model_hears_are_not_heard():
    def shy(wave):
        """Zero at its edges."""
        edge = round(0.8 * (MARGIN - live.FADE) * RATE)
        result = np.full_like(wave, 0.1)
        result[:edge] = result[len(result) - edge :] = 0
        return result

    found = through(LiveConverter(shy, RATE, RATE), noise(5 * RATE), 3000)
    inside = found[RATE // 2 : -RATE]
    np.testing.assert_allclose(inside, 0.1, rtol=1e-3)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> FinishedModel:
    return finished_voice(tmp_path_factory.mktemp("data") / "voice")


class Smoothing(ToBeatrice):
    """Hears as far as the margin reaches."""

    def translate(self, x: Tensor, to: str) -> Tensor:
        return avg_pool2d(x, (1, 9), stride=1, padding=(0, 4), count_include_pad=False)


def test_a_model_makes_of_blocks_what_it_makes_of_the_whole(finished):
    model = dataclasses.replace(finished, model=Smoothing())
    rises = 1.1 + np.sin(2 * np.pi * np.arange(8 * RATE) / RATE)  # and falls, once a second

    def convert(wave):
        return convert_wave(model, wave, "beatrice", Loudness())

    wave = noise(len(rises)) * rises.astype(np.float32)
    whole, found = convert(wave), through(LiveConverter(convert, RATE, RATE), wave, 4000)
    assert found.shape == whole.shape
    inside = slice(2 * RATE, -RATE)  # the first blocks have less before them
    errors = np.abs(found[inside] / whole[inside] - 1)  # each block keeps a level of its own
    assert errors.mean() < 0.03
    assert errors.max() < 0.15


# The limiter


@pytest.mark.parametrize("length", [1, 77, 4000, 100_000])
def test_no_sample_goes_beyond_and_blocks_of_any_length_give_the_same(length):
    wave = noise(9000, 0.5)
    wave[::1500] *= 20
    wave[5000:5100] = 3
    whole = through(Limiter(RATE), wave, len(wave))
    found = through(Limiter(RATE), wave, length)
    assert found.shape == wave.shape
    assert np.abs(found).max() <= PEAK
    np.testing.assert_allclose(found, whole, atol=1e-6)


def test_what_is_not_near_a_peak_stays_as_it_is():
    wave = noise(8000)
    np.testing.assert_array_equal(through(Limiter(RATE), wave, 100), wave)
    reach = Limiter(RATE).look_ahead
    wave[4000] = 2
    found = through(Limiter(RATE), wave, 100)
    near = slice(4000 - reach, 4000 + reach + 1)
    assert found[4000] == pytest.approx(PEAK, rel=0.01)
    gain = found[near] / wave[near]
    assert (np.diff(gain[: reach + 1]) <= 1e-6).all()  # it falls, and rises
    assert (np.diff(gain[reach:]) >= -1e-6).all()
    found[near] = wave[near]
    np.testing.assert_allclose(found, wave, rtol=1e-6)


def test_it_gives_out_all_but_what_it_looks_ahead_at():
    limiter = Limiter(RATE)
    given = sum(len(limiter.push(noise(100))) for _ in range(20))
    assert given == 2000 - limiter.look_ahead
    assert limiter.look_ahead / RATE == pytest.approx(0.02)
    assert len(limiter.flush()) == limiter.look_ahead


# Sound whose peaks are all known


def test_a_peak_does_not_make_all_quieter():
    wave = noise(20_000)
    wave[5000:5010] = 3
    found = bounded(wave, RATE)
    assert np.abs(found).max() <= PEAK
    reach = Limiter(RATE).look_ahead
    np.testing.assert_allclose(found[: 5000 - reach], wave[: 5000 - reach], rtol=1e-6)
    np.testing.assert_allclose(found[5010 + reach :], wave[5010 + reach :], rtol=1e-6)


def test_what_is_within_full_scale_stays_as_it_is():
    wave = noise(8000)
    wave[100] = -1
    np.testing.assert_array_equal(bounded(wave, RATE), wave)
    assert bounded(wave[:0], RATE).shape == (0,)


def test_what_is_too_loud_throughout_is_made_quieter_as_a_whole():
    wave = noise(20_000, 1.5)
    peaks = Peaks()
    blocks = list(peaks.through([wave[:7000], wave[7000:]]))
    assert peaks.beyond == (np.abs(wave) > 1).sum()
    assert peaks.quieter == pytest.approx(20 * np.log10(1.5 * 3.29), abs=0.5)  # of a thousand one
    gain = 10 ** (-peaks.quieter / 20)
    assert (np.abs(wave * gain) > 1).mean() <= 1e-3 < (np.abs(wave * gain * 1.03) > 1).mean()
    found = np.concatenate(list(peaks.bounded(blocks, RATE)))
    assert np.abs(found).max() <= PEAK
    assert np.corrcoef(found, wave)[0, 1] > 0.995
    huge = bounded(np.full(100, 1e7, np.float32), RATE)
    assert np.abs(huge).max() <= PEAK
