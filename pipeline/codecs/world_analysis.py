"""WORLD's way of taking a recording apart, and of putting it together again.

Morise, Yokomori and Ozawa 2016: F0 by DIO and StoneMask, the spectral envelope by CheapTrick
(Morise 2015), the share of noise by D4C (Morise 2016).
"""

from typing import NamedTuple

import numpy as np

from pipeline.codecs.pitch import SPEED, Track, world_f0

PERIOD = 5.0
"""Milliseconds between frames, WORLD's default."""
LEAST_RATE = 16_000
"""Samples a second that WORLD needs at least: it looks for noise in bands of up to 7,900 Hz."""


class Analysis(NamedTuple):
    """The parameters of a recording: T frames, the first centred on its first sample."""

    f0: Track
    """Hz, [T]; 0 where unvoiced."""
    envelope: Track
    """Power, [T, K] at frequencies from 0 to half the rate, evenly."""
    aperiodicity: Track
    """The part of it that is noise, [T, K]."""


def analyse(wave: Track, rate: int, period: float = PERIOD, speed: int = SPEED) -> Analysis:
    """Take a recording float64 [samples] apart, every ``period`` milliseconds.

    ``rate`` is at least `LEAST_RATE`; ``speed``: see `pipeline.codecs.pitch.f0_track`.
    """
    import pyworld

    f0, times = world_f0(wave, rate, period, speed)
    envelope = pyworld.cheaptrick(wave, f0, times, rate)
    return Analysis(f0, envelope, pyworld.d4c(wave, f0, times, rate))


def synthesise(found: Analysis, rate: int, samples: int, period: float = PERIOD) -> Track:
    """Put an analysis together to a recording of so many samples, float64 and not clipped."""
    import pyworld

    made: Track = pyworld.synthesize(*found, rate, period)[:samples]
    return np.pad(made, (0, samples - len(made)))
