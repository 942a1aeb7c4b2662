"""The files that a command reads, and the place of each result."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.datasets.folders import PICTURES, SOUNDS
from pipeline.errors import UserError


class Job(NamedTuple):
    """A file to translate."""

    source: Path
    result: Path

    @property
    def partial(self) -> Path:
        """The file that the result is written to first, so that nobody finds half of one."""
        return self.result.with_name(f".{self.result.stem}.partial{self.result.suffix}")


def plan(inputs: Sequence[Path], out: Path, kind: Literal["image", "mel"]) -> list[Job]:
    """Return the jobs of files and folders; folders are searched to their depths and keep their
    shape.

    A single file's result is ``out`` itself where that has a file's suffix; otherwise ``out`` is
    a folder and results are called as their sources.

    Raises UserError, before anything is written, where an input is missing or a folder is empty,
    where two results would have one name, or where a result would replace a source.
    """
    suffixes, what = (PICTURES, "pictures") if kind == "image" else (SOUNDS, "sound files")
    for path in inputs:
        if not path.exists():
            raise UserError(f"no such file or folder: {path}")
    if len(inputs) == 1 and inputs[0].is_file() and out.suffix and not out.is_dir():
        if out.suffix.lower() not in suffixes:
            allowed = ", ".join(suffixes)
            raise UserError(f"can't write {out}: the model makes {what}, allowed: {allowed}")
        return checked([Job(inputs[0], out)])
    if out.is_file() or out.suffix.lower() in suffixes:
        found = "is a file" if out.is_file() else "ends as a file does"
        raise UserError(f"several results need a folder, but --out {out} {found}: name a folder")
    jobs: list[Job] = []
    for path in inputs:
        if path.is_dir():
            files = sorted(f for f in path.rglob("*") if is_wanted(f, suffixes))
            if not files:
                raise UserError(f"{path} holds no {what}: looked for {', '.join(suffixes)}")
            jobs += [Job(f, renamed(out / f.relative_to(path), suffixes)) for f in files]
        else:
            jobs.append(Job(path, renamed(out / path.name, suffixes)))
    return checked(jobs)


def is_wanted(file: Path, suffixes: Sequence[str]) -> bool:
    """Tell whether a folder's file is one to translate; hidden ones (macOS's ``._*``) are not."""
    return file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file()


def renamed(result: Path, suffixes: Sequence[str]) -> Path:
    """Return ``result`` with a suffix that can be written: png or wav in place of others."""
    if result.suffix.lower() in suffixes:
        return result
    return result.with_suffix(".png" if suffixes is PICTURES else ".wav")


def checked(jobs: list[Job]) -> list[Job]:
    """Return the jobs themselves, if no result stands in the way of a source or another result."""
    sources = {job.source.resolve() for job in jobs}
    taken: dict[Path, Path] = {}
    for job in jobs:
        result = job.result.resolve()
        if result in sources:
            raise UserError(f"{job.result} would replace an input: choose another --out")
        if result in taken:
            raise UserError(f"{taken[result]} and {job.source} would both become {job.result}")
        taken[result] = job.source
    return jobs
