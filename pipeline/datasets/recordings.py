"""Preparation of recordings: silence at their ends is cut, loudness made equal."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from pydantic import Field

from pipeline.codecs.mel import Wave, read_wave
from pipeline.codecs.sound_files import PEAK, limited
from pipeline.datasets.factors import Category, Value
from pipeline.datasets.source import Item, SoundParams, Source

LEVEL = -23.0
"""Usual root mean square of a clip, dB relative to full scale."""

SILENT = 1e-6
"""Root mean square below which nothing is heard: less than the last of 16 bits, and what rounding
leaves of a constant offset."""

SILENCE = 50.0
"""Level of silence below the loudest stretch of a clip, dB."""

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
        """Load float32 [samples], mono, at the convention's rate, without offset and rumble.

        Raises ValueError where the recording can't be used.
        """
        wave = read_wave(path, self.convention.rate)
        if self.trim is not None:
            wave = trimmed(wave, self.convention.rate, self.trim)
        return limited(wave) if self.level is None else levelled(wave, self.level)

    def recording_level(self) -> float | None:
        """Return ``level``."""
        return self.level


def with_speakers(source: Source) -> Source:
    """Return the same items with the factor ``speaker``: the domain that each is in."""
    names = tuple(dict.fromkeys(name for domains in source.items.values() for name in domains))
    return replace(
        source,
        items={
            split: {domain: spoken_by(domain, items) for domain, items in domains.items()}
            for split, domains in source.items.items()
        },
        factors={**source.factors, "speaker": Category(names=names, shared=False)},
    )


def spoken_by(speaker: str, items: list[Item]) -> list[Item]:
    """Return the items with ``speaker`` beside what else is known of them."""
    alone: dict[str, Value] = {"speaker": speaker}  # one for all, where nothing else is known
    return [
        replace(item, factors={**item.factors, **alone} if item.factors else alone)
        for item in items
    ]


def trimmed(wave: Wave, rate: int, silence: float = SILENCE) -> Wave:
    """Cut the silence at the ends of ``wave`` [samples]: see `RecordingParams.trim`.

    Raises ValueError where there is nothing but silence.
    """
    stretch = rate // STRETCHES
    stretches = wave[: len(wave) // stretch * stretch].reshape(-1, stretch)
    power = np.einsum("ij,ij->i", stretches, stretches)
    if power.max(initial=0.0) < SILENT**2 * stretch:
        raise ValueError("is silent")
    loud = np.flatnonzero(power > power.max() * 10 ** (-silence / 10))
    return wave[loud[0] * stretch : (loud[-1] + 1) * stretch]


def levelled(wave: Wave, level: float = LEVEL) -> Wave:
    """Bring ``wave`` [samples] to a root mean square of ``level`` dB, no sample beyond `PEAK`: a
    spiky clip stays below its level.

    Raises ValueError where it is silent.
    """
    loudness = float(np.linalg.norm(wave)) / math.sqrt(len(wave))
    if loudness < SILENT:
        raise ValueError("is silent")
    gain = 10 ** (level / 20) / loudness
    peak = max(float(wave.max()), -float(wave.min()))
    return wave * np.float32(min(gain, PEAK / peak))
