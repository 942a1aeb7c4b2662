"""Findings of experiments: numbers beside what theory says of them, and a figure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Check:
    """One number of an experiment."""

    name: str
    value: float
    expected: str = ""
    """The value in theory or a paper, in words; "" of a number that only describes."""
    holds: bool | None = None
    """True: it is as expected; None where nothing is."""


@dataclass(frozen=True)
class Finding:
    """All that one experiment found."""

    name: str
    """Of its files and its place on the page."""
    title: str
    words: str
    """The claim, its source, and how it was measured."""
    checks: Sequence[Check]
    figure: Figure | None = None
    caption: str = ""
    pictures: dict[str, bytes] = field(default_factory=dict)
    """Further files by name, as a film of a training: content of a GIF or PNG."""


def near(name: str, value: float, exact: float, tolerance: float) -> Check:
    """Check that a number is within ``tolerance`` of the exact one."""
    return Check(name, value, f"{exact:.4g} ± {tolerance:g}", abs(value - exact) <= tolerance)


def within(name: str, value: float, least: float = -math.inf, most: float = math.inf) -> Check:
    """Check that a number lies between two others."""
    if math.isinf(most):
        words = f"at least {least:.4g}"
    elif math.isinf(least):
        words = f"at most {most:.4g}"
    else:
        words = f"{least:.4g} to {most:.4g}"
    return Check(name, value, words, least <= value <= most)
