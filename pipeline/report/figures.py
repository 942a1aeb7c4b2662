"""The pictures and sounds of a model, copied into the report."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from pipeline.errors import UserError
from pipeline.figures import Caption
from pipeline.report.comparisons import capital, spoken

SOUNDS = {
    "source_through_vocoder": "Source, through the vocoder",
    "original": "Original, through the vocoder",
    "griffin_lim": "Griffin-Lim",
    "model": "By the model",
    "target": "Target, the true recording",
}
"""The sounds of a clip, in the order in which one compares them."""

WIDEST, HIGHEST = 1060, 640  # CSS pixels that the page has for a picture


@dataclass(frozen=True)
class Picture:
    """A picture of the page."""

    href: str
    width: int
    height: int
    shown: int
    """CSS pixels at most: a whole multiple of the width, so that pixels stay square and equal."""
    title: str
    rows: list[str]
    alt: str


@dataclass(frozen=True)
class Sound:
    """A sound of the page."""

    href: str
    title: str


@dataclass(frozen=True)
class Clip:
    """One example of sound: the model's beside others, with their spectrograms."""

    title: str
    sounds: list[Sound]
    picture: Picture | None


@dataclass(frozen=True)
class Figures:
    """The figures of a model."""

    pictures: list[Picture]
    clips: dict[str, list[Clip]]
    """Task -> clips."""


def copy_figures(folder: Path, media: Path, root: Path) -> Figures:
    """Copy a model's figures from ``folder`` to ``media``, which lies below ``root``.

    Addresses are relative to ``root``. Raises UserError for a picture that can't be read.
    """
    sounds: dict[tuple[Path, str], dict[str, Path]] = {}
    for path in sorted(folder.rglob("*.wav")):
        number, _, name = path.stem.partition("_")
        sounds.setdefault((path.parent, number), {})[name] = path
    pictures = sorted(folder.rglob("*.png"))
    copy = partial(copy_file, folder=folder, media=media, root=root)
    clips: dict[str, list[Clip]] = {}
    for (parent, number), of_clip in sorted(sounds.items(), key=lambda item: clip_order(*item[0])):
        task = parent.relative_to(folder).as_posix()
        names = sorted(of_clip, key=lambda name: (sound_order(name), name))
        spectrogram = parent / f"{number}.png"
        title = clip_title(spectrogram, number)
        caption = Caption(f"Mel spectrograms of {title.lower()}", [sound_title(n) for n in names])
        picture = show(spectrogram, copy, caption) if spectrogram in pictures else None
        clip = Clip(title, [Sound(copy(of_clip[n]), sound_title(n)) for n in names], picture)
        clips.setdefault(task, []).append(clip)
    alone = [path for path in pictures if (path.parent, path.stem) not in sounds]
    shown = [show(path, copy, read_caption(path, folder)) for path in alone]
    # Equal widths next to each other, so that narrow pictures share a line of the page.
    return Figures(sorted(shown, key=lambda picture: picture.shown), clips)


def copy_file(path: Path, *, folder: Path, media: Path, root: Path) -> str:
    """Copy a file of ``folder`` to its place in ``media``; return its address from ``root``."""
    to = media / path.relative_to(folder)
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)  # not its mode: files of DVC's cache are read-only
    return quote(to.relative_to(root).as_posix())


def show(path: Path, copy: Callable[[Path], str], caption: Caption) -> Picture:
    """Copy a picture and take its size; raises UserError where it can't be read as one."""
    try:
        with Image.open(path) as image:
            width, height = image.size
    except OSError as error:
        raise UserError(f"{path} can't be read as a picture: {error}") from error
    rows = list(caption.rows)
    alt = caption.title + (". Rows from top to bottom: " + ", ".join(rows) if rows else "")
    shown = width * max(1, min(WIDEST // width, HIGHEST // height))
    return Picture(copy(path), width, height, shown, capital(caption.title), rows, capital(alt))


def read_caption(path: Path, folder: Path) -> Caption:
    """Read the caption beside a picture, or make one of the picture's name.

    Raises UserError where what lies there is no caption.
    """
    words = path.with_suffix(".json")
    if not words.is_file():
        return Caption(spoken(path.relative_to(folder).with_suffix("").as_posix()))
    try:
        return Caption(**json.loads(words.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise UserError(f"{words} is not a caption; evaluate again ({error})") from error


def clip_title(spectrogram: Path, number: str) -> str:
    """Name a clip as the caption of its spectrogram does, or by its number."""
    if spectrogram.with_suffix(".json").is_file():
        return read_caption(spectrogram, spectrogram.parent).title
    return f"Sentence {int(number) + 1}" if number.isdecimal() else spoken(number)


def clip_order(parent: Path, number: str) -> tuple[Path, int, str]:
    """Sort clips by task and number, 10 after 9."""
    return parent, int(number) if number.isdecimal() else -1, number


def sound_order(name: str) -> int:
    """Sort the sounds of a clip as `SOUNDS` does."""
    return list(SOUNDS).index(name) if name in SOUNDS else len(SOUNDS)


def sound_title(name: str) -> str:
    """Say what a sound is."""
    return SOUNDS.get(name) or spoken(name)
