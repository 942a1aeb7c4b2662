"""Training in pictures: previews from fixed samples, and warnings."""

import json
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UserError
from pipeline.figures import Caption
from pipeline.report.figures import Media, Picture


@dataclass(frozen=True)
class Progress:
    """Previews and warnings of a run."""

    previews: list[Picture]
    """Of the same fixed samples, in the order of the steps."""
    warnings: list[str]
    """In words, with the steps."""


def read_progress(curves: Path, media: Path, root: Path) -> Progress:
    """Read the progress of a run from the folder of its curves; previews are copied to ``media``.

    Addresses are relative to ``root``. Raises UserError for what can't be read.
    """
    samples = Media(curves / "samples", media, root)
    previews = [
        samples.show(path, Caption(f"After {int(path.stem):,} steps"))
        for path in sorted(samples.source.glob("*.png"))
    ]
    return Progress(previews, read_warnings(curves / "warnings.json"))


def read_warnings(path: Path) -> list[str]:
    """Read each warning with the steps after which it held; none where there is no such file.

    Raises UserError where the file can't be read as warnings.
    """
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
    """Write a span of steps in words."""
    return f"after step {first:,}" if first == last else f"from step {first:,} to step {last:,}"
