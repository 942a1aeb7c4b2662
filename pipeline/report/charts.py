"""Loss curves as the geometry of small line charts, which the template draws as SVG."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.report.words import number

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 10, 26  # margins that hold the ticks' labels
MOST_POINTS = 240  # a chart is about so many pixels wide
LOG_ABOVE = 200.0  # a loss that falls by more than this factor is shown in decades

Points = Sequence[tuple[float, float]]
"""Steps and values."""


@dataclass(frozen=True)
class Tick:
    """A labelled position along an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """One curve: its SVG path and its last value in words."""

    name: str
    path: str
    last: str


@dataclass(frozen=True)
class Chart:
    """A chart in SVG's units: `WIDTH` by `HEIGHT`, with y downwards."""

    title: str
    lines: list[Line]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    logarithmic: bool
    alt: str
    """A description of the chart, for whoever can't see it."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def draw(title: str, curves: dict[str, Points]) -> Chart:
    """Lay out the chart of named curves; values that aren't finite leave gaps."""
    curves = {name: thin(points) for name, points in curves.items()}
    steps = [step for points in curves.values() for step, _ in points]
    values = [v for points in curves.values() for _, v in points if math.isfinite(v)] or [0.0]
    logarithmic = spans_decades(values, LOG_ABOVE)
    level = math.log10 if logarithmic else float
    y_values = decades(min(values), max(values)) if logarithmic else ticks(min(values), max(values))
    low = min(level(y_values[0]), level(min(values)))
    high = max(level(y_values[-1]), level(max(values)))
    first, last = 0.0, max([*steps, 1.0])

    def x(step: float) -> float:
        return LEFT + (step - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (level(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def path(points: Points) -> str:
        parts, pen = [], "M"
        for step, value in points:
            if math.isfinite(value):
                parts.append(f"{pen}{x(step):.1f} {y(value):.1f}")
                pen = "L"
            else:
                pen = "M"
        return "".join(parts)

    return Chart(
        title=title,
        lines=[Line(name, path(p), number(p[-1][1])) for name, p in curves.items()],
        x_ticks=[Tick(x(s), number(s)) for s in ticks(first, last, 4) if s <= last],
        y_ticks=[Tick(y(v), number(v)) for v in y_values],
        logarithmic=logarithmic,
        alt=f"{title} over {number(last)} steps. " + " ".join(map(describe, curves.items())),
    )


def spans_decades(values: Collection[float], factor: float) -> bool:
    """Tell whether values are positive, and differ in size by more than a factor."""
    return min(values) > 0 and max(values) / min(values) > factor


def describe(curve: tuple[str, Points]) -> str:
    """Describe a curve in one sentence."""
    name, points = curve
    return f"{name}: from {number(points[0][1])} to {number(points[-1][1])}."


def thin(points: Points) -> Points:
    """Thin a curve to at most `MOST_POINTS` points, each a mean of neighbours; the last stays."""
    size = -(-len(points) // MOST_POINTS)
    if size <= 1:
        return points
    parts = [points[at : at + size] for at in range(0, len(points) - 1, size)]
    means = [(part[-1][0], sum(value for _, value in part) / len(part)) for part in parts]
    return [*(point for point in means if point[0] < points[-1][0]), points[-1]]


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Choose about ``count`` round values that enclose [low, high].

    As in Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990.
    """
    if high <= low:
        low, high = low - (abs(low) / 2 or 1), high + (abs(high) / 2 or 1)
    step = round_up((high - low) / (count - 1))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def round_up(value: float) -> float:
    """Round up to the next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-9)))


def decades(low: float, high: float) -> list[float]:
    """Choose powers of ten that enclose [low, high], both positive; at most about six of them."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    stride = -(-(last - first) // 5)
    return [10.0**power for power in range(first, last + stride, stride)]
