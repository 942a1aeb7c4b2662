"""Sound files of any format, rate and length, converted block by block."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr  # librosa's resampler, here as a stream

from pipeline.capabilities import Vocoder
from pipeline.codecs.mel import Wave
from pipeline.commands.jobs import Job
from pipeline.conversion import convert_blocks, mel_codec
from pipeline.errors import UserError
from pipeline.inference import FinishedModel

BLOCK = 2**18  # samples read at once


def convert_file(
    finished: FinishedModel, source: Path, result: Path, to: str, vocoder: Vocoder | None = None
) -> None:
    """Converts a sound file to mono at the model's rate; the suffix of ``result`` is its format.

    By Griffin-Lim where ``vocoder`` is None. Raises ValueError with the reason where ``source``
    holds no usable sound.
    """
    rate = mel_codec(finished).convention.rate
    result.parent.mkdir(parents=True, exist_ok=True)
    partial = Job(source, result).partial
    try:
        with soundfile.SoundFile(partial, "w", samplerate=rate, channels=1) as file:
            for block in convert_blocks(finished, read_blocks(source, rate), to, vocoder):
                file.write(block.clip(-1, 1))
        partial.replace(result)
    except soundfile.LibsndfileError as error:  # from writing: reading's are ValueErrors by now
        raise UserError(f"can't write {result}: {error.error_string}") from error
    finally:
        partial.unlink(missing_ok=True)


def read_blocks(path: Path, rate: int) -> Iterator[Wave]:
    """The sound in a file, mixed to mono and resampled to ``rate``: float32 [samples] each.

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
