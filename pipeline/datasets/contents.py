"""Contents of a folder: the files that are read, and everything that is passed over."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

SYSTEM_FOLDERS = {
    "@eadir",
    "#recycle",
    "$recycle.bin",
    "__macosx",
    "__pycache__",
    "lost+found",
    "system volume information",
}
"""Folders that systems put beside what people keep, in lower case."""

SYSTEM_FILES = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"}

PICTURE_ADVICE = "save them as PNG or JPEG to have them read"
SOUND_ADVICE = "save them as wav or flac to have them read"
VIDEO_ADVICE = "save their frames as pictures, or their sound as wav, to have them read"

KINDS = {
    "heic heif avif gif jp2 jxl psd svg ppm pgm": PICTURE_ADVICE,
    "dng cr2 cr3 nef arw raf exr hdr npy": PICTURE_ADVICE,
    "m4a aac wma opus aif aiff amr caf": SOUND_ADVICE,
    "mp4 mov avi mkv webm": VIDEO_ADVICE,
    "zip tar gz tgz 7z rar": "unpack them to have them read",
}
ADVICE = {ending: advice for endings, advice in KINDS.items() for ending in endings.split()}
"""Ending -> what to do about files that hold pictures or sound but are not read."""

NAMED = 3  # examples of what is hidden


Kind = Literal["files", "others", "hidden", "folders"]


class Contents(NamedTuple):
    """The files below a folder."""

    files: list[Path]
    """Those with one of the endings that were asked for, sorted by name."""
    others: Counter[str]
    """Ending, with its dot and in lower case -> number of other files."""
    hidden: list[Path]
    """Hidden files, and those that systems keep."""
    folders: list[Path]
    """Hidden folders, those that systems keep, and links to folders: nothing in them is read."""

    def passed_over(self) -> list[str]:
        """Say what is not read, a line for each kind, with what to do."""
        lines = []
        for ending, count in sorted(self.others.items(), key=lambda pair: (-pair[1], pair[0])):
            kind = f"{ending} files" if ending else "files without an ending"
            advice = ADVICE.get(ending[1:])
            lines.append(f"{count:,} {kind}" + (f": {advice}" if advice else ""))
        for what, paths in (("folders", self.folders), ("files", self.hidden)):
            if paths:
                names = list(dict.fromkeys(path.name for path in paths))
                more = ", ..." if len(names) > NAMED else ""
                kind = "hidden or system" if what == "files" else "hidden, system or linked"
                lines.append(f"{len(paths):,} {kind} {what}: {', '.join(names[:NAMED])}{more}")
        return lines


def contents_of(folder: Path, endings: tuple[str, ...], deep: bool = True) -> Contents:
    """Look through a folder, and those in it where ``deep``; all that is found is in the result.

    Raises OSError where one of them can't be read; finds nothing where there is no such folder.
    """
    found = Contents([], Counter(), [], [])
    for kind, path in found_in(folder, endings, deep):
        if kind == "others":
            found.others[path.suffix.lower()] += 1
        else:
            getattr(found, kind).append(path)
    for paths in (found.files, found.hidden, found.folders):
        paths.sort()
    return found


def holds(folder: Path, endings: tuple[str, ...], deep: bool = True) -> bool:
    """Tell whether `contents_of` would find files; the first is enough."""
    return any(kind == "files" for kind, _ in found_in(folder, endings, deep))


def found_in(folder: Path, endings: tuple[str, ...], deep: bool) -> Iterator[tuple[Kind, Path]]:
    """Yield what there is below a folder, and which of the `Contents` it is one of."""
    for place, folders, names in walk(folder):
        skipped = {name for name in folders if is_skipped(place / name)}
        yield from (("folders", place / name) for name in skipped)
        folders[:] = [name for name in folders if deep and name not in skipped]
        for name in names:
            path = place / name
            if name.startswith(".") or name.lower() in SYSTEM_FILES:
                yield "hidden", path
            elif path.suffix.lower() not in endings:
                yield "others", path
            elif path.is_file() or path.is_symlink():  # reading a broken link says that it is one
                yield "files", path
            else:  # a pipe or a device, which might never end
                yield "hidden", path


def walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Call `os.walk`, which keeps quiet about what it can't read unless it is told."""

    def refuse(error: OSError) -> None:
        raise error

    if folder.is_dir():
        for place, folders, names in os.walk(folder, onerror=refuse):
            yield Path(place), folders, names


def is_skipped(folder: Path) -> bool:
    """Tell whether nothing in a folder is read: see `Contents.folders`."""
    name = folder.name
    return name.startswith(".") or name.lower() in SYSTEM_FOLDERS or folder.is_symlink()
