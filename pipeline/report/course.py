"""How a model came about: pictures of it under way, and what looked wrong."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pipeline.errors import UserError
from pipeline.figures import Caption
from pipeline.report.figures import Picture, show


@dataclass(frozen=True)
class Course:
    """What a run left on its way."""

    pictures: list[Picture]
    """Of the same fixed samples, in the order of the steps."""
    warnings: list[str]
    """In words, with the steps."""


def read_course(curves: Path, media: Path, root: Path) -> Course:
    """The course of a run from the folder of its curves; pictures are copied to ``media``.

    Addresses are relative to ``root``. Raises UserError for what can't be read.
    """

    def copy(path: Path) -> str:
        to = media / path.name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, to)
        return quote(to.relative_to(root).as_posix())

    pictures = [
        show(path, copy, Caption(f"After {int(path.stem):,} steps"))
        for path in sorted((curves / "samples").glob("*.png"))
    ]
    return Course(pictures, read_warnings(curves / "warnings.json"))


def read_warnings(path: Path) -> list[str]:
    """Each warning with the steps after which it held; none where there is no such file."""
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return [
            f"{notice['text']}, {steps(int(notice['first']), int(notice['last']))}"
            for notice in found
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} can't be read as warnings: {error}") from error


def steps(first: int, last: int) -> str:
    """A span of steps in words."""
    return f"after step {first:,}" if first == last else f"from step {first:,} to step {last:,}"
