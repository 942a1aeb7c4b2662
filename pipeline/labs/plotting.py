"""Figures of experiments, in one look."""

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

CARD, INK, SOFT, EDGE = "#fffefc", "#1d1c1a", "#625f57", "#e3e0d7"
COLOURS = ("#2a6fc9", "#d9622b", "#158a6c", "#8a52c7", "#b4b0a4")
WIDTH, HEIGHT = 4.2, 3.0  # inches of a panel


def panels(titles: Sequence[str]) -> tuple[Figure, list[Any]]:
    """Make a figure with a panel for each title, side by side, and return their axes."""
    figure = Figure(figsize=(WIDTH * len(titles), HEIGHT), layout="constrained", facecolor=CARD)
    found = figure.subplots(1, len(titles), squeeze=False)[0]
    for axes, title in zip(found, titles, strict=True):
        axes.set_title(title, fontsize=9, loc="left", color=INK)
        axes.set_prop_cycle(color=COLOURS)
        axes.set_facecolor(CARD)
        axes.grid(color=EDGE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=7, color=EDGE, labelcolor=SOFT)
        axes.spines[:].set_color(EDGE)
    return figure, list(found)


def label(axes: Any, x: str, y: str, legend: bool = True) -> None:
    """Name the axes of a panel, and its curves where there are several."""
    axes.set_xlabel(x, fontsize=8, color=SOFT)
    axes.set_ylabel(y, fontsize=8, color=SOFT)
    if legend:
        axes.legend(fontsize=7, frameon=False, labelcolor=INK)


def to_png(figure: Figure) -> bytes:
    """Encode a figure; equal figures give equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
    return buffer.getvalue()
