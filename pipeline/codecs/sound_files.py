"""Sound files as people have them, read as one channel without what nobody hears."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, count, pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.codecs.cut_off import counts_frames, sound_is_cut_off

if TYPE_CHECKING:
    from soundfile import SoundFile

Samples = npt.NDArray[np.float32]

BLOCK = 2**18
"""Samples a channel that are read at once."""

LOWEST_RATE, HIGHEST_RATE = 1000, 2**20
"""Samples a second: resampling from less would make thousands of one."""

WINDOW = 0.03
"""Seconds. What changes more slowly, a constant offset and rumble, nobody hears, but levels would
count it."""

EMPTY = 1e-5
"""Power of a channel, relative to the loudest one, below which it is empty: -50 dB."""

CANCELLED = 0.25
"""Power of a mix, relative to that of as many channels that have nothing to do with each other,
below which they cancel each other: two do so at a correlation of less than -0.75."""

MP3_LOSS = 2 * 1152
"""Samples by which the length that an mp3 says may be wrong: two frames."""

FULL_SCALE = 1.0
PEAK = 0.99
"""Largest magnitude of a sample of what had to be made quieter."""


class Mix(NamedTuple):
    """The choice of channels whose mean is read."""

    channels: tuple[int, ...]
    remark: str = ""
    """The reason why they are not all there are."""


def mix_of(path: Path) -> Mix:
    """Choose the channels of a file: all but empty ones, or the loudest where the mean of those
    would cancel them.

    Reads a file of several channels whole. Raises ValueError with the reason where it holds no
    usable sound.
    """
    with _opened(path) as file:
        total, rate = file.channels, file.samplerate
    if total == 1:
        return Mix((0,))
    products = np.zeros((total, total))
    for block in without_rumble(_blocks(path), rate):
        wide = block.astype(np.float64)
        products += wide.T @ wide
    power = products.diagonal()
    audible = [int(c) for c in np.flatnonzero(power >= EMPTY * power.max())]
    mixed = products[np.ix_(audible, audible)].sum() / len(audible) ** 2
    if mixed < CANCELLED * power[audible].mean() / len(audible):
        loudest = int(power.argmax())
        return Mix(
            (loudest,), f"its channels cancel each other, so number {loudest + 1} alone is read"
        )
    empty = total - len(audible)
    return Mix(tuple(audible), f"{empty} of its {total} channels are empty" if empty else "")


class Mono(NamedTuple):
    """A file's sound in one channel."""

    rate: int
    blocks: Iterator[Samples]
    """Blocks [samples] one after the other, without offset and rumble."""
    remark: str
    """That of its `Mix`."""


def read_mono(path: Path) -> Mono:
    """Read a file as `mix_of` mixes it.

    Raises ValueError with the reason, at once or from the blocks, where it holds no usable sound.
    """
    mix = mix_of(path)
    with _opened(path) as file:
        rate, weights = file.samplerate, np.zeros(file.channels, np.float32)
    weights[list(mix.channels)] = 1 / len(mix.channels)
    mixed = (block @ weights for block in _blocks(path))
    return Mono(rate, without_rumble(mixed, rate), mix.remark)


def resampled(
    blocks: Iterable[Samples], rate: int, to: int, length: Callable[[], int] | None = None
) -> Iterator[Samples]:
    """Resample blocks [samples] from ``rate`` to ``to`` samples a second, in flat memory.

    ``length``: asked at the end how many samples there shall be in all; by default as many as last
    as long as those of ``blocks``. The few that the resampler has too many or too few are cut off
    or are zeros.
    """
    if rate == to:
        yield from blocks
        return
    import soxr  # librosa's resampler, here as a stream

    resampler = soxr.ResampleStream(rate, to, num_channels=1)
    given = made = 0
    held = np.zeros(0, np.float32)
    for block in blocks:
        yield held
        made += len(held)
        given += len(block)
        held = resampler.resample_chunk(block)
    held = np.concatenate([held, resampler.resample_chunk(np.zeros(0, np.float32), last=True)])
    left = max(0, (round(given * to / rate) if length is None else length()) - made)
    yield np.pad(held[:left], (0, max(0, left - len(held))))


def limited(wave: Samples) -> Samples:
    """Return ``wave`` [samples], made quieter as a whole where it goes beyond full scale."""
    return wave * np.float32(limit(float(np.abs(wave).max(initial=0.0))))


def limit(peak: float) -> float:
    """Return the gain that brings samples of up to ``peak`` within full scale: 1 if they are."""
    return 1.0 if peak <= FULL_SCALE else PEAK / peak


@contextmanager
def _opened(path: Path) -> Iterator["SoundFile"]:
    """Open a file; raise ValueError with the reason where it, or what is done with it, fails."""
    import soundfile

    try:
        if sound_is_cut_off(path):
            raise ValueError("is cut off: it ends before it should")
        with soundfile.SoundFile(path) as file:
            if not LOWEST_RATE <= (rate := file.samplerate) <= HIGHEST_RATE:
                raise ValueError(
                    f"has {rate:,} samples a second, allowed: {LOWEST_RATE:,} to {HIGHEST_RATE:,}"
                )
            yield file
    except soundfile.SoundFileError as error:
        reason = getattr(error, "error_string", str(error))
        with path.open("rb") as content:
            known = content.read(4) in (b"RIFF", b"fLaC", b"OggS")
        what = "damaged or cut off" if known else "not a sound file that libsndfile reads"
        raise ValueError(f"{what}: {reason}") from error
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"not a sound file that libsndfile reads: {error}") from error
    except OSError as error:  # a broken link, a file that may not be read
        raise ValueError(f"can't be read: {error.strerror}") from error


def _blocks(path: Path) -> Iterator[Samples]:
    """Read blocks [samples, channels] as they are."""
    with _opened(path) as file:
        blocks = (file.read(BLOCK, "float32", always_2d=True) for _ in count())
        whole = file.frames if file.format == "MP3" and counts_frames(path) else 0
        yield from _checked(blocks, whole)


def _checked(blocks: Iterator[Samples], whole: int) -> Iterator[Samples]:
    """Hand on blocks [samples, channels] up to an empty one, of ``whole`` samples at least."""
    read = 0
    for block in takewhile(len, blocks):
        check_finite(block)
        read += len(block)
        yield block
    if not read:
        raise ValueError("holds no samples")
    if read < whole - MP3_LOSS:
        raise ValueError(f"is cut off: of {whole} samples it holds {read}")


def check_finite(values: npt.NDArray[Any]) -> None:
    """Raise ValueError where a value is no number."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = values.sum()
    # What is no number makes none of a sum, either; only then is each looked at.
    if not np.isfinite(total) and not np.isfinite(values).all():
        raise ValueError("holds values that are not numbers")


def without_rumble(blocks: Iterator[Samples], rate: int) -> Iterator[Samples]:
    """Subtract from blocks [samples, channels] or [samples] of a file its mean around each sample.

    The mean is taken over `WINDOW` seconds twice, a triangle, so no phase is turned: 10 Hz lose
    12 dB, 4 Hz 27 dB, what lies above 85 Hz less than 1.5 %.
    """
    from scipy.ndimage import uniform_filter1d

    size = round(WINDOW * rate) | 1
    before: Samples | None = None
    for block, after in pairwise(chain(blocks, [None])):
        assert block is not None
        around = [part for part in (before, block) if part is not None]
        first = sum(map(len, around)) - len(block)
        whole = np.concatenate([*around, *([] if after is None else [after[:size]])])
        mean = uniform_filter1d(whole, size, axis=0, output=np.float64)
        mean = uniform_filter1d(mean, size, axis=0)[first : first + len(block)]
        with np.errstate(over="ignore"):
            left = (block - mean).astype(np.float32)
        check_finite(left)
        yield left
        before = block[-size:]
