"""The pictures and sounds of a model, copied into the report."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from pipeline.errors import UserError
from pipeline.figures import Caption
from pipeline.report.words import capital, spoken

SOUNDS = {
    "source_through_vocoder": "Source, through the vocoder",
    "original": "Original, through the vocoder",
    "griffin_lim": "Griffin-Lim",
    "model": "By the model",
    "statistics_f0": "By statistics, with pitch",
    "target": "Target, the true recording",
}
"""The sounds of a clip, in the order in which one compares them and spectrograms show them."""

WIDEST, HIGHEST = 1052, 640  # CSS pixels that a page has for a picture
LARGE = 200  # CSS pixels that one sample of a grid is enlarged to, at most
ACROSS = 2  # samples that a thumbnail shows, each way


@dataclass(frozen=True)
class Picture:
    """A picture of a page; its address is relative to the report's folder."""

    name: str
    """The file's, without its ending, from the model's folder on: ``samples``."""
    href: str
    width: int
    height: int
    shown: int
    """CSS pixels at most: a whole multiple of the width, so that pixels stay square and equal."""
    title: str
    rows: list[str]
    alt: str
    part: float
    """Share of the width that a thumbnail shows: a few samples of a grid."""


@dataclass(frozen=True)
class Sound:
    """A sound of a page."""

    name: str
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
    """By folder, which is named after the task."""


@dataclass(frozen=True)
class Media:
    """Files of one folder of a run, and the folder below the report's that they are copied to."""

    source: Path
    target: Path
    root: Path
    """The report's folder, which addresses are relative to."""

    def copy(self, path: Path) -> str:
        """Copy a file to its place; return its address."""
        to = self.target / path.relative_to(self.source)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)  # not its mode: files of DVC's cache are read-only
        return quote(to.relative_to(self.root).as_posix())

    def name(self, path: Path) -> str:
        """Return a file's name without its ending, from the folder on."""
        return path.relative_to(self.source).with_suffix("").as_posix()

    def show(self, path: Path, caption: Caption) -> Picture:
        """Copy a picture and take its size; raises UserError where it can't be read as one."""
        try:
            with Image.open(path) as image:
                width, height = image.size
        except OSError as error:
            raise UserError(f"{path} can't be read as a picture: {error}") from error
        rows = list(caption.rows)
        cell = cell_of(caption)
        factors = [WIDEST // width, HIGHEST // height, *([LARGE // max(cell)] if cell else [])]
        alt = caption.title + (". Rows from top to bottom: " + ", ".join(rows) if rows else "")
        return Picture(
            name=self.name(path),
            href=self.copy(path),
            width=width,
            height=height,
            shown=width * max(1, min(factors)),
            title=capital(caption.title),
            rows=rows,
            alt=capital(alt),
            part=min(1.0, ACROSS * cell[1] / width) if cell else 1.0,
        )


def cell_of(caption: Caption) -> tuple[int, int] | None:
    """Return height and width of a sample in a grid; None where the picture is none."""
    match caption.cell:
        case [int(height), int(width)] if height > 0 and width > 0:
            return height, width
    return None


def copy_figures(media: Media) -> Figures:
    """Copy a model's figures; raises UserError for a picture that can't be read."""
    folder = media.source
    sounds: dict[tuple[Path, str], dict[str, Path]] = {}
    for path in sorted(folder.rglob("*.wav")):
        number, _, name = path.stem.partition("_")
        sounds.setdefault((path.parent, number), {})[name] = path
    pictures = sorted(folder.rglob("*.png"))
    clips: dict[str, list[Clip]] = {}
    for (parent, number), of_clip in sorted(sounds.items(), key=lambda item: clip_order(*item[0])):
        names = sorted(of_clip, key=lambda name: (sound_order(name), name))
        spectrogram = parent / f"{number}.png"
        title = clip_title(spectrogram, number)
        caption = Caption(f"{title} (mel spectrograms)", [sound_title(n) for n in names])
        picture = media.show(spectrogram, caption) if spectrogram in pictures else None
        of_names = [Sound(name, media.copy(of_clip[name]), sound_title(name)) for name in names]
        task = parent.relative_to(folder).as_posix()
        clips.setdefault(task, []).append(Clip(title, of_names, picture))
    alone = [path for path in pictures if (path.parent, path.stem) not in sounds]
    shown = [media.show(path, read_caption(path, folder)) for path in alone]
    # Equal widths next to each other, so that narrow pictures share a line of the page.
    return Figures(sorted(shown, key=lambda picture: picture.shown), clips)


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
