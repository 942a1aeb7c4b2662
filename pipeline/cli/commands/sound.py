"""Sound files of any format, rate and length, converted block by block."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr  # librosa's resampler, here as a stream
import torch

from pipeline.capabilities import Vocoder
from pipeline.cli.commands.jobs import Job
from pipeline.codecs.mel import Wave
from pipeline.codecs.pitch import PitchSums, f0_track
from pipeline.errors import UserError
from pipeline.inference.conversion import convert_blocks, mel_codec
from pipeline.inference.finished import FinishedModel
from pipeline.mel_convention import MelConvention

BLOCK = 2**18  # samples read at once


class PitchMeter:
    """The mean F0 of sound that goes by in blocks, in flat memory."""

    def __init__(self, convention: MelConvention) -> None:
        self.convention, self._sums = convention, PitchSums()

    def through(self, blocks: Iterable[Wave]) -> Iterator[Wave]:
        """Hand on blocks [samples] as they are, and listen."""
        for block in blocks:
            if len(block) >= self.convention.hop:
                track = f0_track(torch.from_numpy(block), self.convention)
                self._sums = self._sums.plus(PitchSums.of(track))
            yield block

    @property
    def hertz(self) -> float | None:
        """The geometric mean over voiced frames; None where there was none."""
        pitch = self._sums.summary()
        return None if pitch is None else pitch.hertz


@dataclass(frozen=True)
class Pitches:
    """Measurements of a file."""

    before: PitchMeter
    after: PitchMeter

    def words(self) -> str:
        """Return both means, for people."""
        return f"{in_hertz(self.before.hertz)} before, {in_hertz(self.after.hertz)} after"


def in_hertz(pitch: float | None) -> str:
    """Return a mean F0 in words."""
    return "no voice" if pitch is None else f"{pitch:.1f} Hz"


def convert_file(
    finished: FinishedModel,
    source: Path,
    result: Path,
    to: str,
    vocoder: Vocoder | None = None,
    pitches: Pitches | None = None,
) -> None:
    """Convert a sound file to mono at the model's rate; the suffix of ``result`` is its format.

    By Griffin-Lim where ``vocoder`` is None; ``pitches`` listen where given. Raises ValueError with
    the reason where ``source`` holds no usable sound.
    """
    rate = mel_codec(finished).convention.rate
    result.parent.mkdir(parents=True, exist_ok=True)
    partial = Job(source, result).partial
    try:
        with soundfile.SoundFile(partial, "w", samplerate=rate, channels=1) as file:
            blocks = read_blocks(source, rate)
            if pitches is not None:
                blocks = pitches.before.through(blocks)
            converted = convert_blocks(finished, blocks, to, vocoder)
            if pitches is not None:
                converted = pitches.after.through(converted)
            for block in converted:
                file.write(block.clip(-1, 1))
        partial.replace(result)
    except soundfile.LibsndfileError as error:  # from writing: reading's are ValueErrors by now
        raise UserError(f"can't write {result}: {error.error_string}") from error
    finally:
        partial.unlink(missing_ok=True)


def read_blocks(path: Path, rate: int) -> Iterator[Wave]:
    """Return the sound in a file, mixed to mono and resampled to ``rate``: float32 [samples] each.

    Raises ValueError with the reason where the file holds no usable sound.
    """
    try:
        yield from _read_blocks(path, rate)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"not sound that libsndfile reads: {error.error_string}") from error


def _read_blocks(path: Path, rate: int) -> Iterator[Wave]:
    with soundfile.SoundFile(path) as file:
        resampler = soxr.ResampleStream(file.samplerate, rate, num_channels=1)
        read = 0
        while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
            mono = block.mean(axis=1)
            if not np.isfinite(mono).all():
                raise ValueError("holds values that are not numbers")
            read += len(mono)
            yield mono if file.samplerate == rate else resampler.resample_chunk(mono)
        if not read:
            raise ValueError("holds no samples")
        if file.samplerate != rate:
            yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
