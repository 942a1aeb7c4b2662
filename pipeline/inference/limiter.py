"""Keep what a model makes within full scale: a limiter that looks ahead.

Were a recording made quieter as a whole for its loudest sample, a single peak would take several
decibels from an hour. So the gain falls ahead of each peak and rises after it; only where more than
`LOUDEST` of the samples go beyond full scale is the whole made quieter, until no more do.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from pipeline.codecs.mel import Wave
from pipeline.codecs.sound_files import FULL_SCALE, PEAK

REACH = 0.01
"""Seconds over which the gain falls and rises. What is heard comes later by twice that."""

LOUDEST = 1e-3
"""The part of its samples up to which sound is limited, and not made quieter as a whole."""
STEP, MOST = 0.1, 120.0
"""Decibels: by which it is made quieter, and at most."""


class Peaks:
    """Counts, of sound that goes by in blocks, what is beyond full scale, in flat memory."""

    def __init__(self) -> None:
        self._samples = 0
        self._beyond = np.zeros(round(MOST / STEP), np.int64)
        """Number of samples by steps of decibels above full scale, rounded down."""

    def through(self, blocks: Iterable[Wave]) -> Iterator[Wave]:
        """Hand on blocks [samples] as they are, and count."""
        for block in blocks:
            self._samples += len(block)
            loud = np.abs(block[np.abs(block) > FULL_SCALE], dtype=np.float64)
            steps = (20 * np.log10(loud) / STEP).astype(int).clip(max=len(self._beyond) - 1)
            self._beyond += np.bincount(steps, minlength=len(self._beyond))
            yield block

    @property
    def beyond(self) -> int:
        """Number of samples beyond full scale."""
        return int(self._beyond.sum())

    @property
    def quieter(self) -> float:
        """Decibels by which the whole has to be made quieter, so that of its samples no more than
        `LOUDEST` go beyond full scale."""
        left = self.beyond - np.concatenate([[0], np.cumsum(self._beyond)])
        return float(STEP * np.argmax(left <= LOUDEST * self._samples))

    def bounded(self, blocks: Iterable[Wave], rate: int) -> Iterator[Wave]:
        """Bound the sound that went by, again in blocks [samples]; what was within full scale stays
        as it was."""
        if not self.beyond:
            yield from blocks
            return
        gain, limiter = np.float32(10 ** (-self.quieter / 20)), Limiter(rate)
        for block in blocks:
            yield limiter.push(block * gain)
        yield limiter.flush()


def bounded(wave: Wave, rate: int) -> Wave:
    """Bound sound [samples] to full scale: see `Peaks`."""
    peaks = Peaks()
    blocks = list(peaks.through([wave]))
    return np.concatenate(list(peaks.bounded(blocks, rate)))


class Limiter:
    """Bounds sound that comes in blocks, in flat memory, to `PEAK`.

    With the gain g[n] = min(1, `PEAK` / |x[n]|) that each sample needs, that of sample n is the
    mean over n - r .. n + r of the least g within r samples. All of these are at most g[n], so
    no sample goes beyond; and where none needs less than 1, each is exactly as it was.
    """

    def __init__(self, rate: int) -> None:
        self._reach = max(1, round(REACH * rate))
        # With what lies 2 r before the next sample that is given out, where gains are 1.
        self._waiting = np.zeros(2 * self._reach, np.float32)

    @property
    def look_ahead(self) -> int:
        """Samples that it holds back."""
        return 2 * self._reach

    def push(self, block: Wave) -> Wave:
        """Take in a block [samples], and give out as many samples as can be bounded by now."""
        from scipy.ndimage import minimum_filter1d, uniform_filter1d

        wave = np.concatenate([self._waiting, block])
        ready = slice(self.look_ahead, max(self.look_ahead, len(wave) - self.look_ahead))
        loud = np.maximum(np.abs(wave, dtype=np.float64), PEAK)
        if loud.max() > PEAK:
            size = 2 * self._reach + 1
            least = minimum_filter1d(PEAK / loud, size)
            gain = np.minimum(1.0, uniform_filter1d(least, size))
            bounded: Wave = (wave * gain).clip(-PEAK, PEAK)[ready].astype(np.float32)
        else:
            bounded = wave[ready]
        self._waiting = wave[len(bounded) :]
        return bounded

    def flush(self) -> Wave:
        """Give out what it holds back; from then on it begins anew."""
        rest = self.push(np.zeros(self.look_ahead, np.float32))
        self._waiting = np.zeros(self.look_ahead, np.float32)
        return rest
