"""A model's numbers beside its baselines', and which are best."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.evaluation.metric_table import CEILINGS, METRICS, Metric, merit
from pipeline.evaluation.results import MODEL, Measured
from pipeline.evaluation.verdicts import strongest
from pipeline.report.words import interval, number, spoken


@dataclass(frozen=True)
class Cell:
    """One value of a comparison."""

    text: str
    interval: str
    """Of 95 %; "" where there is none."""
    value: float
    best: bool
    """No competitor has a better value."""


@dataclass(frozen=True)
class Comparison:
    """One metric of one task: the model's value and its baselines'."""

    name: str
    measured: Measured

    @property
    def values(self) -> Mapping[str, float]:
        """The model's value and each baseline's."""
        return self.measured.values

    @property
    def metric(self) -> Metric:
        """The metric, which says how values are read."""
        return METRICS[self.name]

    @property
    def strongest(self) -> str | None:
        """The baseline that is hardest to beat; None where only ceilings stand beside the model,
        or where no value is better than another.
        """
        return strongest(self.name, self.measured)

    def cell(self, name: str) -> Cell | None:
        """Look up the value of the model or of a baseline; None where the metric has none."""
        if name not in self.values:
            return None
        value = self.values[name]
        competes = name not in CEILINGS and math.isfinite(value)
        top = max(self._merit(MODEL), self._merit(self.strongest or MODEL))
        best = competes and self.strongest is not None and self._merit(name) == top
        bounds = self.measured.intervals.get(name)
        return Cell(number(value), interval(bounds) if bounds else "", value, best)

    def _merit(self, name: str) -> float:
        """Rank the value of the model or of a baseline by `merit`."""
        return merit(self.name, self.values[name])


def list_baselines(comparisons: list[Comparison]) -> list[str]:
    """List the baselines of some comparisons as they first come, ceilings last."""
    names = dict.fromkeys(name for c in comparisons for name in c.values if name != MODEL)
    return sorted(names, key=lambda name: name in CEILINGS)


def title_of_metric(name: str) -> str:
    """Name a metric; one that `METRICS` doesn't know by its own name."""
    return METRICS[name].title if name in METRICS else spoken(name)
