"""Pitch: the fundamental frequency (F0) of a voice, frame by frame, and what sums it up.

Extracted by WORLD's DIO and refined by StoneMask (Morise, Kawahara and Katayose, 2009; Morise,
Yokomori and Ozawa, 2016). WORLD's other extractor, Harvest, takes thirty times as long, and on
the synthetic voices it is the one that strays an octave from librosa's pYIN.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from pydantic import PositiveFloat
from torch import Tensor

from pipeline.block import Block
from pipeline.codecs.spectrogram import check_finite
from pipeline.conventions import SoundConvention

FLOOR, CEILING = 71.0, 800.0
"""The lowest and highest F0 that is looked for, Hz: WORLD's own defaults."""

CENTS = 1200 / math.log(2)
"""Cents (1,200 to an octave) for a difference of 1 in the natural logarithm of F0."""

SPEED = 2
"""DIO on every second sample: twice as fast, and 0.5 % of frames change their voicing."""

SUMMARY_SPEED = 4
"""On every fourth: again four times as fast. Good enough for a speaker's mean and std, which
change by less than 0.3 % and 4 % (VCC 2016)."""

Track = npt.NDArray[np.float64]


class Pitch(Block):
    """Mean and standard deviation of the natural logarithm of F0 (in Hz) over voiced frames."""

    mean: float
    std: PositiveFloat

    @property
    def hertz(self) -> float:
        """The geometric mean of F0."""
        return math.exp(self.mean)

    @property
    def cents(self) -> float:
        """The std, of which an octave has 1,200."""
        return self.std * CENTS

    @classmethod
    def of(cls, tracks: Iterable[Tensor]) -> "Pitch | None":
        """Return what F0 tracks in Hz, 0 where unvoiced, sum up to; None where no frame is voiced.

        A std below 1e-3 (1.7 cents) counts as that, so that one can divide by it.
        """
        sums = PitchSums()
        for track in tracks:
            sums = sums.plus(PitchSums.of(track))
        return sums.summary()


class PitchSums(NamedTuple):
    """Sums of the natural logarithms of F0 (in Hz) of voiced frames, recording by recording.

    Kept for each, so that statistics of many need none of them again.
    """

    voiced: float = 0.0
    """Their number."""
    sum: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, track: Tensor) -> Self:
        """Compute the sums of an F0 track in Hz, 0 where unvoiced."""
        found = log_f0(track)
        return cls(float(len(found)), float(found.sum()), float(found.square().sum()))

    def plus(self, other: "PitchSums") -> "PitchSums":
        """Return the sums of both recordings."""
        return PitchSums(*(a + b for a, b in zip(self, other, strict=True)))

    def summary(self) -> Pitch | None:
        """Compute mean and std, see `Pitch.of`."""
        if not self.voiced:
            return None
        mean = self.sum / self.voiced
        return Pitch(mean=mean, std=max(self.squares / self.voiced - mean**2, 1e-6) ** 0.5)


def log_f0(track: Tensor) -> Tensor:
    """Compute natural logarithms, float64 [V], of the voiced frames of an F0 track in Hz."""
    return track[track > 0].double().log()


def f0_track(wave: Tensor, convention: SoundConvention, speed: int = SPEED) -> Tensor:
    """Return the F0 of each mel frame of a waveform.

    Args:
        wave: ``[N]`` at ``convention.rate``; N at least one hop.
        speed: DIO looks at one of so many samples.

    Returns:
        ``[N // hop]``, Hz, float32 on the CPU: 0 where unvoiced. Frame ``t`` is centred on sample
        ``(t + 1/2) * hop``, as in `log_mel`.

    Raises:
        ValueError: wrong shape, shorter than one hop, or a sample that is not finite.
    """
    if wave.ndim != 1 or len(wave) < convention.hop:
        raise ValueError(
            f"a wave is [N] of at least one hop of {convention.hop}, not {list(wave.shape)}"
        )
    check_finite(wave)
    hop, rate = convention.hop, convention.rate
    # WORLD's frames begin on the first sample: half a hop of silence moves them to the mels'.
    late = np.pad(wave.detach().cpu().double().numpy(), (hop // 2, 0))
    track = world_f0(late, rate, period=1000 * hop / rate, speed=speed)[0][1:]
    return torch.from_numpy(track[: len(wave) // hop]).float()


def world_f0(wave: Track, rate: int, period: float, speed: int = SPEED) -> tuple[Track, Track]:
    """Estimate F0 in Hz (0 where unvoiced) and time in seconds every ``period`` milliseconds.

    ``wave`` is finite, float64 [N]; frame 0 is centred on its first sample. ``speed``: see
    `f0_track`.
    """
    import pyworld

    f0, times = pyworld.dio(
        wave, rate, f0_floor=FLOOR, f0_ceil=CEILING, frame_period=period, speed=speed
    )
    return pyworld.stonemask(wave, f0, times, rate), times


def move_pitch(f0: Track, source: Pitch, target: Pitch) -> Track:
    """Move an F0 track in Hz, of any shape and 0 where unvoiced, to ``target``'s mean and standard
    deviation of log F0.

    From those of ``source``. What would leave the range in which F0 is looked for stops at its
    ends.
    """
    voiced = f0 > 0
    standardised = (np.log(f0, where=voiced, out=np.zeros_like(f0)) - source.mean) / source.std
    moved = np.exp(standardised * target.std + target.mean).clip(FLOOR, CEILING)
    return np.where(voiced, moved, 0.0)
