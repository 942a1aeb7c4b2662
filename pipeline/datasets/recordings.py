"""What recordings go through first: silence at their ends goes, loudness is made equal."""

from pathlib import Path

import numpy as np
from pydantic import Field

from pipeline.codecs.mel import Wave, read_wave
from pipeline.datasets.source import SoundParams

LEVEL = -23.0
"""Usual root mean square of a clip, dB relative to full scale."""

PEAK = 0.99
"""Largest magnitude of a sample; a spiky clip stays below its level for it."""

SILENCE = 50.0
"""How far below the loudest stretch of a clip silence is, dB."""

STRETCHES = 100  # a second


class RecordingParams(SoundParams):
    """Recordings by microphones, of any rate, channels and loudness, with silence at both ends."""

    trim: float | None = Field(SILENCE, gt=0)
    """Stretches of 10 ms at both ends that are so many dB below the loudest one are cut away; null
    leaves them."""
    level: float | None = Field(LEVEL, le=0)
    """Root mean square that each clip is brought to, dB relative to full scale; null leaves them
    as loud as they are. Models know it, and bring what they translate to it and back."""

    def load_recording(self, path: Path) -> Wave:
        """float32 [samples], mono, at the convention's rate; ValueError where it can't be used."""
        wave = read_wave(path, self.convention.rate)
        if self.trim is not None:
            wave = trimmed(wave, self.convention.rate, self.trim)
        return wave if self.level is None else levelled(wave, self.level)

    def recording_level(self) -> float | None:
        """As ``level``."""
        return self.level


def trimmed(wave: Wave, rate: int, silence: float = SILENCE) -> Wave:
    """``wave`` [samples] without the silence at its ends: see `RecordingParams.trim`.

    Raises ValueError where there is nothing but silence.
    """
    stretch = rate // STRETCHES
    stretches = wave[: len(wave) // stretch * stretch].reshape(-1, stretch)
    power = np.square(stretches).mean(axis=1)
    if not power.any():
        raise ValueError("is silent")
    loud = np.flatnonzero(power > power.max() * 10 ** (-silence / 10))
    return wave[loud[0] * stretch : (loud[-1] + 1) * stretch]


def levelled(wave: Wave, level: float = LEVEL) -> Wave:
    """``wave`` [samples] at a root mean square of ``level`` dB, no sample beyond `PEAK`.

    Raises ValueError where it is silent.
    """
    loudness = np.sqrt(np.square(wave, dtype=np.float64).mean())
    if not loudness:
        raise ValueError("is silent")
    gain = 10 ** (level / 20) / loudness
    result: Wave = (wave * min(gain, PEAK / np.abs(wave).max())).astype(np.float32)
    return result
