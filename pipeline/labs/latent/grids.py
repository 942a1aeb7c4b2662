"""Rows of pictures within a figure."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from pipeline.figures import cell_of, grid
from pipeline.labs.plotting import INK


def draw_rows(axes: Any, rows: Mapping[str, Tensor]) -> None:
    """Fill a panel with rows of samples [n, C, H, W] in [-1, 1], each with its name before it."""
    canvas = grid(list(rows.values()))
    axes.imshow(canvas, interpolation="nearest")
    axes.grid(False)
    axes.spines[:].set_visible(False)
    high, _ = cell_of(next(iter(rows.values())))
    axes.set_xticks([])
    axes.set_yticks([high * (number + 0.5) for number in range(len(rows))], list(rows))
    axes.tick_params(length=0, labelsize=7, labelcolor=INK)


def enlarge(figure: Any, width: float, height: float) -> None:
    """Give a figure the inches that its rows of pictures need."""
    figure.set_size_inches(width, height)
