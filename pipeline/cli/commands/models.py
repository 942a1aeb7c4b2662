"""`crossdomain models`: what has been trained, and what it can do."""

from pathlib import Path

from pipeline.capabilities import abilities
from pipeline.errors import UserError
from pipeline.inference.finished import find_models, outline

HEADER = ("model", "method", "data", "steps", "parameters", "can")
NUMBERS = {"steps", "parameters"}  # columns that align at their last digit


def table(root: Path) -> str:
    """Return the finished models below ``root``, one a line.

    Raises UserError where there are none.
    """
    folders = find_models(root)
    if not folders:
        raise UserError(
            f"no finished models in {root}: run `make repro` to train those of params.yaml"
        )
    return align([HEADER, *(line(folder) for folder in folders)])


def line(folder: Path) -> tuple[str, ...]:
    """Return the table's cells about one model; one that can't be loaded says why."""
    try:
        finished = outline(folder)
    except UserError as error:
        return (folder.name, "-", "-", "-", "-", str(error).splitlines()[0])
    run = finished.params
    parameters = sum(p.numel() for p in finished.model.parameters())
    method = str(getattr(run, "method", "-"))
    return (
        folder.name,
        method,
        run.data,
        f"{run.steps:,}",
        f"{parameters:,}",
        abilities(finished.model),
    )


def align(rows: list[tuple[str, ...]]) -> str:
    """Align rows of cells to lines of columns; the last column runs on."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1] = 0
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if name in NUMBERS else cell.ljust(width)
            for cell, width, name in zip(row, widths, HEADER, strict=True)
        ]
        lines.append("  ".join(cells))
    return "\n".join(lines)
