"""Numbers of evaluations and their names, as tables in a terminal show them."""

import shutil
import textwrap
from collections.abc import Sequence
from itertools import zip_longest

from pipeline.evaluation.metric_table import METRICS
from pipeline.evaluation.results import Interval
from pipeline.report import words as report

NARROWEST = 32
"""Characters of a column that is wrapped: some words."""


def number(value: float) -> str:
    """Write a value as the report does, with the minus sign of a keyboard."""
    return report.number(value).replace(report.MINUS, "-")


def interval(bounds: Interval) -> str:
    """Write an interval, in as many digits as values have: "11.92 to 12.85"."""
    return " to ".join(map(number, bounds))


def spoken(name: str) -> str:
    """Write an identifier as words: ``arthur_to_beatrice/pitch`` -> arthur to beatrice, pitch."""
    return name.replace("_", " ").replace("/", ", ")


def titled(metric: str) -> str:
    """Write a metric's title, with its unit."""
    known = METRICS.get(metric)
    if known is None:
        return spoken(metric)
    return f"{known.title}, {known.unit}" if known.unit else known.title


def better(metric: str) -> str:
    """Say which values of a metric are better, as `Metric.direction` does."""
    return METRICS[metric].direction if metric in METRICS else ""


def in_order(metrics: Sequence[str]) -> list[str]:
    """Sort metrics as `METRICS` lists them; what it does not know comes last."""
    order = {name: place for place, name in enumerate(METRICS)}
    return sorted(metrics, key=lambda name: order.get(name, len(order)))


def wrapped(text: str, width: int, first: str, later: str) -> list[str]:
    """Wrap a text to lines of ``width`` characters that begin with ``first`` and ``later``."""
    return textwrap.wrap(text, max(width, 40), initial_indent=first, subsequent_indent=later)


def terminal_width() -> int:
    """Return the characters of a line: those of the terminal, but 80 at least; 100 of a file."""
    return max(80, shutil.get_terminal_size((100, 24)).columns)


def table(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Align rows of cells to lines of columns, two spaces apart.

    ``width``: where lines would be longer, the first column and then the last are wrapped, to
    `NARROWEST` characters at least.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for column in (0, -1):
        excess = sum(widths) + 2 * (len(widths) - 1) - width
        if excess > 0:
            widths[column] = min(widths[column], max(NARROWEST, widths[column] - excess))
    return [line for row in rows for line in lines_of(row, widths)]


def lines_of(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Write a row as lines: each cell wrapped to its column's width."""
    cells = [
        textwrap.wrap(cell, max(width, 1)) or [""] for cell, width in zip(row, widths, strict=True)
    ]
    return [
        "  ".join(f"{part:<{width}}" for part, width in zip(parts, widths, strict=True)).rstrip()
        for parts in zip_longest(*cells, fillvalue="")
    ]
