"""Every picture or recording, read whole, and the reason why a bad one is bad."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from joblib import Parallel, delayed

from pipeline.codecs.image import halves_of, read_picture
from pipeline.codecs.mel import MOST_SAMPLES, joined
from pipeline.codecs.sound_files import read_mono
from pipeline.conventions import HIFI_GAN
from pipeline.datasets.folders import PICTURES, SOUNDS
from pipeline.datasets.recordings import trimmed
from pipeline.system.memory import keep_memory
from pipeline.system.progress import Progress

Kind = Literal["pictures", "sounds"]

DARK = 32
"""Pictures without a value from here on are values of a narrower range: numbers of classes, or 10
or 12 bits kept in 16."""

ENDINGS: dict[Kind, tuple[str, ...]] = {"pictures": PICTURES, "sounds": SOUNDS}


class Picture(NamedTuple):
    """Pixels, as the picture is turned when it is read."""

    width: int
    height: int

    @property
    def side(self) -> int:
        """The side of the largest square in it."""
        return min(self)


class Clip(NamedTuple):
    """A recording."""

    seconds: float
    rate: int
    """Samples a second, in the file."""
    heard: float
    """Seconds without the silence at the ends."""


class Seen(NamedTuple):
    """Findings about one file."""

    file: Path
    what: Picture | Clip | None
    """None: the file is of no use."""
    problem: str = ""
    """The reason why it is of no use."""
    remark: str = ""
    """Oddities of a file that is of use."""


def look(files: Sequence[Path], kind: Kind, *, halved: bool = False) -> list[Seen]:
    """Read every file; ``halved``: each picture must have two equal halves.

    In threads, since decoding releases the interpreter: two read photographs of 2000x1500 pixels
    1.6 times as fast as one, and none pays for starting processes.
    """
    keep_memory()
    jobs = (delayed(look_at)(file, kind, halved) for file in files)
    seen: list[Seen] = []
    with (
        Progress("look", len(files), "files") as progress,
        Parallel(n_jobs=-1, prefer="threads", return_as="generator") as pool,
    ):
        for one in pool(jobs):
            seen.append(one)
            progress.advance()
    return seen


def look_at(file: Path, kind: Kind, halved: bool = False) -> Seen:
    """Read one file; what preparation would refuse is a problem here."""
    if not file.stem.isprintable():
        return Seen(file, None, "its name has characters that can't be printed")
    try:
        if file.stat().st_size == 0:
            return Seen(file, None, "the file is empty")
        return picture_in(file, halved) if kind == "pictures" else clip_in(file)
    except (ValueError, OSError) as error:
        return Seen(file, None, str(error))


def picture_in(file: Path, halved: bool) -> Seen:
    """Return the size of a picture, or of its left half; raise ValueError with the reason."""
    pixels = read_picture(file)
    darkest, brightest = int(pixels.min()), int(pixels.max())
    if halved:
        pixels, _ = halves_of(pixels)
    odd = darkest < brightest < DARK
    remark = f"its values go from {darkest} to {brightest} of 255: almost black" if odd else ""
    return Seen(file, Picture(width=pixels.shape[1], height=pixels.shape[0]), remark=remark)


def clip_in(file: Path) -> Seen:
    """Return length and rate of a recording; raise ValueError with the reason."""
    sound = read_mono(file)  # at its own rate: resampling would tell nothing new
    wave, rate = joined(sound.blocks, MOST_SAMPLES), sound.rate
    length = len(trimmed(wave, rate))
    kept = -(-length * HIFI_GAN.rate // rate)
    if kept < HIFI_GAN.n_fft:
        frame = HIFI_GAN.n_fft / HIFI_GAN.rate
        cut = "" if length == len(wave) else " without the silence at the ends"
        raise ValueError(f"{length / rate:.3f} s{cut} are shorter than one frame, {frame:.3f} s")
    clip = Clip(len(wave) / rate, rate, length / rate)
    return Seen(file, clip, remark=sound.remark)
