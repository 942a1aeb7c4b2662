"""Detection of a folder's layout from the files in it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from PIL import Image, UnidentifiedImageError

from pipeline.codecs.image import FORMATS
from pipeline.datasets.contents import contents_of, holds, is_skipped
from pipeline.datasets.layouts import TESTS, Split, none_among
from pipeline.datasets.survey.files import ENDINGS, Kind
from pipeline.datasets.survey.names import folder_name
from pipeline.errors import UserError

Name = Literal["ab", "halves", "folders", "flat"]

EXPECTED: dict[Name, str] = {
    "ab": "trainA and trainB; testA and testB (or valA and valB) where there is a test set",
    "halves": "A|B side by side in each picture; in train and test (or val), or in the folder",
    "folders": "a folder for each domain or speaker, in train and test (or val), or in the folder",
    "flat": "files of one domain; in train and test (or val), or in the folder",
}
"""Each layout, in words."""

HALVES = "left|right"  # the one domain of a layout whose files hold both
HALVED = (1.8, 2.2)  # width by height of two pictures side by side
SAMPLE = 50  # pictures whose shape is looked at before all are read
MOST = 0.9  # of the sample must be of that shape


@dataclass(frozen=True)
class Layout:
    """A layout and the folders that belong to it."""

    root: Path
    name: Name
    kind: Kind
    folders: dict[Split, dict[str, Path]]
    """Split -> domain -> folder."""
    missing: list[Path] = field(default_factory=list)
    """Folders that the layout needs and that are not there, or are empty."""
    others: int = 0
    """Files of the other kind, which would be passed over."""

    @property
    def domains(self) -> list[str]:
        """The domains that there is something to train with."""
        return list(self.folders["train"])


def find_layout(root: Path, wanted: str = "auto", kind: Kind | None = None) -> Layout:
    """Return the layout of a folder, or what it has of the one that is ``wanted``.

    ``kind``: which files count; None: those that there are more of. Raises UserError where there
    is no such folder or layout, or no picture and no sound.
    """
    names: dict[str, Name] = {name: name for name in get_args(Name)}
    if wanted not in (allowed := ("auto", *names)):
        raise UserError(f"--layout: found '{wanted}', allowed: {', '.join(allowed)}")
    more, others = kind_of(root)
    if kind is None or kind == more:
        kind = more
    else:
        others = len(files_of(root, ENDINGS[more]))
    endings = ENDINGS[kind]
    name = guess(root, kind) if wanted == "auto" else names[wanted]
    if name == "halves" and kind == "sounds":
        raise UserError(f"--layout: found 'halves', which is for pictures, but {root} holds sound")
    match name:
        case "ab":
            folders = lettered_in(root, endings)
        case "folders":
            folders = named_in(root, endings)
        case _:
            domain = HALVES if name == "halves" else folder_name(root)
            folders = {split: {domain: at} for split, at in splits_of(root, endings).items()}
    missing = [
        at for domains in folders.values() for at in domains.values() if not holds(at, endings)
    ]
    return Layout(root, name, kind, folders, missing, others)


def kind_of(root: Path) -> tuple[Kind, int]:
    """Return what most files of a folder are, and the number of those of the other kind.

    Raises UserError where there is neither.
    """
    if not root.is_dir():
        raise UserError(f"expected a folder at {root}: there is none")
    counts = {kind: len(files_of(root, endings)) for kind, endings in ENDINGS.items()}
    if not any(counts.values()):
        known = "; ".join(f"{kind}: {', '.join(ends)}" for kind, ends in ENDINGS.items())
        raise UserError(f"{root}: expected {known}; {none_among(contents_of(root, ()))}")
    kind: Kind = "pictures" if counts["pictures"] >= counts["sounds"] else "sounds"
    return kind, min(counts.values())


def guess(root: Path, kind: Kind) -> Name:
    """Return the layout that fits what there is."""
    endings = ENDINGS[kind]
    if any((root / f"{split}{letter}").is_dir() for split in ("train", *TESTS) for letter in "AB"):
        return "ab"
    places = list(splits_of(root, endings).values())
    if not any(holds(place, endings, deep=False) for place in places):
        return "folders"
    if kind == "pictures" and all(looks_halved(place) for place in places):
        return "halves"
    return "flat"


def lettered_in(root: Path, endings: tuple[str, ...]) -> dict[Split, dict[str, Path]]:
    """Return trainA and trainB, and the test folders where there is one of them."""
    folders: dict[Split, dict[str, Path]] = {
        "train": {letter: root / f"train{letter}" for letter in "AB"}
    }
    for name in TESTS:
        if any(holds(root / f"{name}{letter}", endings) for letter in "AB"):
            return {**folders, "test": {letter: root / f"{name}{letter}" for letter in "AB"}}
    return folders


def named_in(root: Path, endings: tuple[str, ...]) -> dict[Split, dict[str, Path]]:
    """Return a folder for each domain below train and test, or with train and test below each
    domain."""
    folders: dict[Split, dict[str, Path]] = {"train": {}}
    outer = splits_of(root, endings)
    if "train" in {place.name for place in outer.values()} and outer["train"] != root:
        for split, place in outer.items():
            folders[split] = {folder.name: folder for folder in inside(place, endings)}
        return folders
    for folder in inside(root, endings):
        for split, place in splits_of(folder, endings).items():
            folders.setdefault(split, {})[folder.name] = place
    return folders


def splits_of(folder: Path, endings: tuple[str, ...]) -> dict[Split, Path]:
    """Find ``train`` and ``test`` below a folder, or take the folder itself to train with."""
    if not holds(folder / "train", endings):
        return {"train": folder}
    found: dict[Split, Path] = {"train": folder / "train"}
    test = next((folder / name for name in TESTS if holds(folder / name, endings)), None)
    return {**found, "test": test} if test else found


def inside(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    """Return the folders in a folder that hold files, sorted."""
    return sorted(
        at for at in folder.iterdir() if at.is_dir() and not is_skipped(at) and holds(at, endings)
    )


def files_of(folder: Path, endings: tuple[str, ...], deep: bool = True) -> list[Path]:
    """Return the files that preparation would read; none where there is no such folder."""
    return contents_of(folder, endings, deep).files


def looks_halved(folder: Path) -> bool:
    """Tell whether (almost) all pictures of a sample are about twice as wide as high."""
    files = files_of(folder, ENDINGS["pictures"])
    shapes = [shape for file in files[:: len(files) // SAMPLE + 1] if (shape := shape_of(file))]
    fitting = [s for s in shapes if s[0] % 2 == 0 and HALVED[0] <= s[0] / s[1] <= HALVED[1]]
    return len(fitting) > 0 and len(fitting) >= MOST * len(shapes)


def shape_of(file: Path) -> tuple[int, int] | None:
    """Read width and height from a picture's header; None where it has none."""
    try:
        with Image.open(file, formats=FORMATS) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None
