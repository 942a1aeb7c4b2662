"""Sound files of any format, rate and length, converted block by block."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import soundfile
import soxr  # librosa's resampler, here as a stream
import torch

from pipeline.capabilities import Vocoder
from pipeline.cli.commands.jobs import Job
from pipeline.codecs.mel import Wave
from pipeline.codecs.pitch import PitchSums, f0_track
from pipeline.codecs.sound_files import BLOCK, Mono, limit, read_mono
from pipeline.errors import UserError
from pipeline.inference.conversion import convert_blocks, mel_codec
from pipeline.inference.finished import FinishedModel
from pipeline.mel_convention import SoundConvention
from pipeline.system.files import make_folder


class PitchMeter:
    """The mean F0 of sound that goes by in blocks, in flat memory."""

    def __init__(self, convention: SoundConvention) -> None:
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
) -> list[str]:
    """Convert a sound file to mono at the model's rate; the suffix of ``result`` is its format.

    By Griffin-Lim where ``vocoder`` is None; ``pitches`` listen where given. Returns what the user
    should know of the file: channels that were left out, a result that had to be made quieter.
    Raises ValueError with the reason where ``source`` holds no usable sound.
    """
    rate = mel_codec(finished).convention.rate
    make_folder(result.parent)
    file = read_mono(source)
    blocks = resampled(file, rate)
    if pitches is not None:
        blocks = pitches.before.through(blocks)
    converted = convert_blocks(finished, blocks, to, vocoder)
    if pitches is not None:
        converted = pitches.after.through(converted)
    gain = write_sound(Job(source, result), converted, rate)
    remarks = [file.remark] if file.remark else []
    if gain < 1:
        quieter = -20 * math.log10(gain)
        remarks.append(f"the result is louder than full scale: made {quieter:.1f} dB quieter")
    return remarks


def write_sound(job: Job, blocks: Iterable[Wave], rate: int) -> float:
    """Write blocks [samples] to a job's result, made quieter as a whole where they go beyond full
    scale; return the gain.

    They wait on the disk until the loudest is known, so that memory stays flat.
    """
    peak = 0.0
    try:
        with TemporaryFile(dir=job.result.parent) as waiting:
            for block in blocks:
                peak = max(peak, float(np.abs(block).max(initial=0.0)))
                waiting.write(block.astype(np.float32).tobytes())
            waiting.seek(0)
            gain = limit(peak)
            with soundfile.SoundFile(job.partial, "w", samplerate=rate, channels=1) as file:
                while content := waiting.read(4 * BLOCK):
                    file.write(np.frombuffer(content, np.float32) * np.float32(gain))
        job.partial.replace(job.result)
    except soundfile.LibsndfileError as error:
        raise UserError(f"can't write {job.result}: {error.error_string}") from error
    except OSError as error:
        error.filename = error.filename or str(job.result)
        raise
    finally:
        job.partial.unlink(missing_ok=True)
    return gain


def resampled(file: Mono, rate: int) -> Iterator[Wave]:
    """Resample a file's blocks [samples] to ``rate``."""
    if file.rate == rate:
        yield from file.blocks
        return
    resampler = soxr.ResampleStream(file.rate, rate, num_channels=1)
    for block in file.blocks:
        yield resampler.resample_chunk(block)
    yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
