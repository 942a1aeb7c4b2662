"""Sound files of any format, rate and length, converted block by block."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from tempfile import TemporaryFile

import numpy as np
import soundfile
import torch

from pipeline.capabilities import Vocoder
from pipeline.cli.commands.jobs import Job
from pipeline.cli.commands.rates import nearest_rate
from pipeline.codecs.mel import Wave
from pipeline.codecs.pitch import PitchSums, f0_track
from pipeline.codecs.sound_files import BLOCK, read_mono, resampled
from pipeline.conventions import SoundConvention
from pipeline.errors import UserError
from pipeline.inference.conversion import convert_blocks, sound_codec_of
from pipeline.inference.effects import shift_blocks
from pipeline.inference.finished import FinishedModel
from pipeline.inference.limiter import Peaks
from pipeline.inference.unlike import Beginning
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


@dataclass(frozen=True)
class Manner:
    """Settings by which sound is converted and written."""

    vocoder: Vocoder | None = None
    """Makes the sound; None: Griffin-Lim."""
    shift: Mapping[str, float] = field(default_factory=dict)
    """Semitones by the names of `VOICE_OPTIONS`; what is left out changes nothing."""
    rate: int | None = None
    """Samples a second of the result; None: the source's, or the next that the format can have."""


def convert_file(
    finished: FinishedModel,
    job: Job,
    of: str,
    to: str,
    manner: Manner,
    pitches: Pitches | None = None,
    watch: Callable[[float], None] = lambda seconds: None,
    beginning: Beginning | None = None,
) -> list[str]:
    """Convert a sound file to mono of the same length; the ending of the result is its format.

    ``of``: who speaks; ``to``: whose voice it gets.
    ``pitches`` and ``beginning`` listen where given; ``watch`` is told how many seconds are made,
    again and again. Returns what the user should know of the file: channels that were left out, a
    rate that its format can't have, a result that had to be made quieter. Raises ValueError with
    the reason where the source holds no usable sound.
    """
    file = read_mono(job.source)
    wanted = manner.rate or file.rate
    rate, own = nearest_rate(wanted, job.result), sound_codec_of(finished).convention.rate
    make_folder(job.result.parent)
    read = Counter()
    blocks = resampled(read.through(file.blocks), file.rate, own)
    if pitches is not None:
        blocks = pitches.before.through(blocks)
    if beginning is not None:
        blocks = beginning.through(blocks)
    converted = convert_blocks(finished, blocks, to, manner.vocoder, of)
    converted = shift_blocks(converted, own, **manner.shift)
    if pitches is not None:
        converted = pitches.after.through(converted)
    made = resampled(converted, own, rate, lambda: round(read.samples * rate / file.rate))
    peaks = write_sound(job, Counter(lambda n: watch(n / rate)).through(made), rate)
    remarks = [file.remark] if file.remark else []
    if rate != wanted:
        ending = job.result.suffix[1:]
        remarks.append(f"{ending} files can't have {wanted} samples a second: written with {rate}")
    if peaks.quieter:
        remarks.append(f"the result is louder than full scale: made {peaks.quieter:.1f} dB quieter")
    elif peaks.beyond:
        seconds = peaks.beyond / rate
        remarks.append(f"the result goes beyond full scale for {seconds:.3f} s: limited there")
    return remarks


class Counter:
    """The number of samples that went by in blocks."""

    def __init__(self, watch: Callable[[int], None] = lambda samples: None) -> None:
        """Count from 0 on; ``watch`` is told after each block."""
        self.samples, self._watch = 0, watch

    def through(self, blocks: Iterable[Wave]) -> Iterator[Wave]:
        """Hand on blocks [samples] as they are, and count."""
        for block in blocks:
            self.samples += len(block)
            yield block
            self._watch(self.samples)


def write_sound(job: Job, blocks: Iterable[Wave], rate: int) -> Peaks:
    """Write blocks [samples] to a job's result, bounded to full scale by what is returned.

    They wait on the disk until all peaks are known, so that memory stays flat.
    """
    peaks = Peaks()
    try:
        with TemporaryFile(dir=job.result.parent) as waiting:
            for block in peaks.through(blocks):
                waiting.write(block.astype(np.float32).tobytes())
            waiting.seek(0)
            contents = iter(lambda: waiting.read(4 * BLOCK), b"")
            again = (np.frombuffer(content, np.float32) for content in contents)
            with soundfile.SoundFile(job.partial, "w", samplerate=rate, channels=1) as file:
                for block in peaks.bounded(again, rate):
                    file.write(block)
        job.partial.replace(job.result)
    except soundfile.LibsndfileError as error:
        raise UserError(f"can't write {job.result}: {error.error_string}") from error
    except OSError as error:
        error.filename = error.filename or str(job.result)
        raise
    finally:
        job.partial.unlink(missing_ok=True)
    return peaks
