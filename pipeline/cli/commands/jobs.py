"""The files that a command reads, and the place of each result."""

import sys
from collections.abc import Sequence
from mimetypes import MimeTypes
from pathlib import Path
from typing import NamedTuple

from pipeline.datasets.contents import ADVICE, contents_of
from pipeline.datasets.folders import PICTURES, SOUNDS
from pipeline.datasets.layouts import none_among
from pipeline.errors import UserError, kind_of
from pipeline.system.files import check_file, check_folder


class Job(NamedTuple):
    """A file to translate."""

    source: Path
    result: Path

    @property
    def partial(self) -> Path:
        """The file that the result is written to first, so that nobody finds half of one."""
        return self.result.with_name(f".{self.result.stem}.partial{self.result.suffix}")


def plan(inputs: Sequence[Path], out: Path, kind: str) -> list[Job]:
    """Return the jobs of files and folders; folders are searched to their depths and keep their
    shape.

    A single file's result is ``out`` itself where that ends as a picture or sound does; otherwise
    ``out`` is a folder, whatever dots it has, and results are called as their sources.

    Says on standard error what of a folder is passed over. Raises UserError, before anything is
    written, where an input is missing or a folder is empty, where two results would have one name,
    or where a result would replace a source or what is no file.
    """
    suffixes, what = (PICTURES, "pictures") if kind == "image" else (SOUNDS, "sound files")
    for path in inputs:
        if not path.exists():
            raise UserError(f"no such file or folder: {path}")
    writable = out.suffix.lower() in suffixes
    if names_file(out) and not writable and not out.is_dir():
        allowed = ", ".join(suffixes)
        raise UserError(f"can't write {out}: the model makes {what}, allowed: {allowed}")
    if len(inputs) == 1 and inputs[0].is_file() and writable and not out.is_dir():
        return checked([Job(inputs[0], out)])
    is_file = kind_of(out) == "a file"
    if writable or is_file:
        blocks = "is a file" if is_file else "ends as a file does"
        raise UserError(f"several results need a folder, but --out {out} {blocks}: name a folder")
    check_folder(out)
    jobs: list[Job] = []
    for path in inputs:
        if path.is_dir():
            found = contents_of(path, suffixes)
            if not found.files:
                looked = f"looked for {', '.join(suffixes)}; {none_among(found)}"
                raise UserError(f"{path} holds no {what}: {looked}")
            for line in found.passed_over():
                print(f"passed over in {path}: {line}", file=sys.stderr)
            jobs += [Job(f, renamed(out / f.relative_to(path), suffixes)) for f in found.files]
        else:
            jobs.append(Job(path, renamed(out / path.name, suffixes)))
    return checked(jobs)


def names_file(out: Path) -> bool:
    """Tell whether a result's name ends as files of some format do: a.png and a.txt, not v1.0."""
    ending = out.suffix.lower()
    known = (*PICTURES, *SOUNDS, *(f".{name}" for name in ADVICE))
    return ending in known or ending in MimeTypes().types_map[True]


def renamed(result: Path, suffixes: Sequence[str]) -> Path:
    """Return ``result`` with a suffix that can be written: png or wav in place of others."""
    if result.suffix.lower() in suffixes:
        return result
    return result.with_suffix(".png" if suffixes is PICTURES else ".wav")


def checked(jobs: list[Job]) -> list[Job]:
    """Return the jobs themselves, if each result can be written and is neither source nor twice."""
    sources = {job.source.resolve() for job in jobs}
    taken: dict[Path, Path] = {}
    for folder in {job.result.parent for job in jobs}:
        check_folder(folder)
    for job in jobs:
        check_file(job.result)
        result = job.result.resolve()
        if result in sources:
            raise UserError(f"{job.result} would replace an input: choose another --out")
        if result in taken:
            raise UserError(f"{taken[result]} and {job.source} would both become {job.result}")
        taken[result] = job.source
    return jobs
