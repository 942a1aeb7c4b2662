"""A metric's values on a line: the model's between those of its baselines and the ceiling."""

import math
from dataclasses import dataclass
from typing import Literal

from pipeline.evaluation.metric_table import CEILINGS
from pipeline.evaluation.results import MODEL
from pipeline.report.baselines import baseline
from pipeline.report.charts import spans_decades
from pipeline.report.comparisons import Comparison
from pipeline.report.words import number

WIDTH, HEIGHT, MARGIN = 220, 20, 8  # SVG's units
LOG_ABOVE = 30.0  # positive values whose sizes differ by more than this factor are set in decades

Role = Literal["model", "baseline", "ceiling"]


@dataclass(frozen=True)
class Dot:
    """One value on the line."""

    at: float
    role: Role
    title: str


@dataclass(frozen=True)
class Scale:
    """A line from worse, at the left, to better; in SVG's units."""

    dots: list[Dot]
    """The model last, so that it is drawn over the others."""
    span: tuple[float, float] | None
    """Of the model's interval."""
    alt: str
    """A description of the line, for whoever can't see it."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = MARGIN
    right: int = WIDTH - MARGIN


def scale_of(comparison: Comparison) -> Scale | None:
    """Lay out the values of a metric; None where fewer than two of them are numbers.

    So, too, where no value is better than another, or the model's own is no number.
    """
    values = {name: v for name, v in comparison.values.items() if math.isfinite(v)}
    metric = comparison.metric
    if metric.higher_is_better is None or MODEL not in values or len(values) < 2:
        return None
    bounds = comparison.measured.intervals.get(MODEL, ())
    every = [*values.values(), *(bound for bound in bounds if math.isfinite(bound))]
    logarithmic = spans_decades(every, LOG_ABOVE)

    def level(value: float) -> float:
        size = math.log10(value) if logarithmic else value
        return size if metric.higher_is_better else -size

    low, high = min(map(level, every)), max(map(level, every))
    stretch = (WIDTH - 2 * MARGIN) / ((high - low) or 1.0)

    def x(value: float) -> float:
        return MARGIN + (level(value) - low) * stretch

    dots = [
        Dot(x(value), role_of(name), title_of(name, value))
        for name, value in sorted(values.items(), key=lambda item: level(item[1]))
    ]
    ends = sorted(x(bound) for bound in bounds) if all(map(math.isfinite, bounds)) else []
    return Scale(
        sorted(dots, key=lambda dot: dot.role == "model"),
        (ends[0], ends[1]) if ends else None,
        f"From worse to better{', on a log scale' if logarithmic else ''}: "
        + ", ".join(dot.title for dot in dots),
    )


def role_of(name: str) -> Role:
    """Tell the model from its baselines and ceilings."""
    if name == MODEL:
        return "model"
    return "ceiling" if name in CEILINGS else "baseline"


def title_of(name: str, value: float) -> str:
    """Name a value."""
    return f"{'The model' if name == MODEL else baseline(name).title} {number(value)}"
