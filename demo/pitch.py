"""The fundamental frequency of speech over time."""

import numpy as np
import numpy.typing as npt

from pipeline.codecs.mel import Wave

LOWEST, HIGHEST = 60.0, 500.0  # Hz: from a deep man's voice to a child's
STEP = 0.01  # seconds between values

Contour = npt.NDArray[np.float64]


def pitch(wave: Wave, rate: int) -> Contour:
    """Sound [samples] -> Hz [T], a value every `STEP` seconds; not a number where unvoiced.

    By Harvest (Morise 2017, Interspeech) where pyworld is installed, otherwise by probabilistic
    YIN (Mauch & Dixon 2014).
    """
    try:
        import pyworld
    except ImportError:
        return _pitch_by_yin(wave, rate)
    found, _ = pyworld.harvest(
        wave.astype(np.float64), rate, f0_floor=LOWEST, f0_ceil=HIGHEST, frame_period=1000 * STEP
    )
    return np.where(found > 0, found, np.nan)


def _pitch_by_yin(wave: Wave, rate: int) -> Contour:
    import librosa

    found, _, _ = librosa.pyin(
        wave, fmin=LOWEST, fmax=HIGHEST, sr=rate, hop_length=round(STEP * rate)
    )
    return np.asarray(found, np.float64)
