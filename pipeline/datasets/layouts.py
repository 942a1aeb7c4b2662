"""The folder layouts that the field uses, and the files in them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pipeline.datasets.contents import Contents, contents_of
from pipeline.errors import UserError, listing

Split = Literal["train", "test", "classifier"]
Found = dict[Split, dict[str, str]]
"""Split -> domain -> folder below the root."""

Corpus = Literal["vcc2016", "vcc2018", "arctic", "vctk", "fsdd"]
"""Collections of speech that `pipeline.datasets.corpora` reads as their archives lie."""

TESTS = ("test", "val")
"""The folders that may be the test split: published sets have val where they have no test."""


def lettered(root: Path, domains: tuple[str, str]) -> Found:
    """Find ``trainA trainB testA testB`` (or ``valA valB``): first domain A, second B."""
    letters = dict(zip(domains, "AB", strict=True))
    found: Found = {"train": {domain: f"train{letter}" for domain, letter in letters.items()}}
    for name in TESTS:
        test = {d: f"{name}{x}" for d, x in letters.items() if (root / f"{name}{x}").is_dir()}
        if test:
            return {**found, "test": test}
    return found


def halved(root: Path, domains: tuple[str, str]) -> Found:
    """Find ``train`` and ``test`` (or ``val``) with files that both domains share.

    A root without any of these folders is itself what there is to train with.
    """
    test = next((name for name in TESTS if (root / name).is_dir()), None)
    if test:  # a missing train is then reported
        return {"train": dict.fromkeys(domains, "train"), "test": dict.fromkeys(domains, test)}
    train = "train" if (root / "train").is_dir() else "."
    return {"train": dict.fromkeys(domains, train)}


def files_in(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    """Return the files of `listed`."""
    return listed(folder, endings).files


def listed(folder: Path, endings: tuple[str, ...]) -> Contents:
    """List the files below ``folder`` with one of ``endings``, and what is passed over.

    Raises UserError where the folder is missing or holds none of them.
    """
    if not folder.is_dir():
        raise UserError(f"expected a folder at {folder}: there is none")
    found = contents_of(folder, endings)
    if not found.files:
        raise UserError(
            f"expected files ending in {', '.join(endings)} in {folder}: {none_among(found)}"
        )
    return found


def files_among(paths: Iterable[Path], endings: tuple[str, ...], lacks: str) -> list[Path]:
    """List the files that paths are, and those with ``endings`` that lie below them.

    Raises UserError where a path does not exist, and where there are none below one: the path,
    ``lacks``, and what there is.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise UserError(f"no such file or folder: {path}")
        if path.is_file():
            found.append(path)
            continue
        contents = contents_of(path, endings)
        if not contents.files:
            raise UserError(f"{path} {lacks} {none_among(contents)}")
        found += contents.files
    return found


def none_among(found: Contents) -> str:
    """Say that nothing of what there is can be read."""
    passed = found.passed_over()
    count = found.others.total() + len(found.hidden)
    return f"found none among {count} files" + (f"\n{listing(passed)}" if passed else "")


def key_of(file: Path, folder: Path) -> str:
    """Return what a file shows: its path below the folder without its ending."""
    return file.relative_to(folder).with_suffix("").as_posix()
