"""Keep sound that is heard while it is made within full scale: a limiter that looks ahead.

A file can be made quieter as a whole (`sound_files.limit`), for its loudest sample is known before
the first is written. Of sound that goes on it is not; there the gain falls ahead of each peak, and
rises after it.
"""

import numpy as np

from pipeline.codecs.mel import Wave
from pipeline.codecs.sound_files import PEAK

REACH = 0.01
"""Seconds over which the gain falls and rises. What is heard comes later by twice that."""


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
