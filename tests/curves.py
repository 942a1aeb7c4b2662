"""Curves as a training writes them."""

from pathlib import Path


def write_curve(path: Path, values: list[float]) -> None:
    """Values of every fiftieth step, under the name of the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = "".join(f"{50 * (i + 1)}\t{value}\n" for i, value in enumerate(values))
    path.write_text(f"step\t{path.stem}\n{rows}")
