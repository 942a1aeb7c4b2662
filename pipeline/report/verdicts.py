"""The verdict on each task of a model in words, and the one that stands for the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.evaluation.metric_table import METRICS, merit
from pipeline.evaluation.results import MODEL, Cost, Outcome, Verdict
from pipeline.report.comparisons import Cell, Comparison
from pipeline.report.tasks import KINDS, Task
from pipeline.report.words import number


class Label(NamedTuple):
    """An outcome as a sign and a word."""

    sign: str
    word: str


LABELS: dict[Outcome | None, Label] = {
    "better": Label("✓", "better"),
    "trade_off": Label("±", "trade-off"),
    "level": Label("=", "level"),
    "behind": Label("✗", "behind"),
    "too_few": Label("?", "too few to tell"),
    None: Label("-", "no baseline"),
}
"""Best first, then what can't be told; None where only ceilings stand beside the model."""

UNDECIDED = LABELS[None]
"""Of a model no task of which has a verdict."""


@dataclass(frozen=True)
class Decision:
    """The verdict on one task, beside the comparison that it rests on."""

    task: Task
    comparison: Comparison
    """Of the metric that decides."""
    verdict: Verdict

    @property
    def label(self) -> Label:
        """The outcome as a sign and a word."""
        return LABELS[self.verdict.outcome]

    @property
    def model(self) -> Cell:
        """The model's value."""
        return self._cell(MODEL)

    @property
    def baseline(self) -> Cell | None:
        """The strongest baseline's value, where there is one."""
        return None if self.verdict.baseline is None else self._cell(self.verdict.baseline)

    @property
    def costs(self) -> list[str]:
        """Metrics by which the model is worse than that baseline, in words."""
        return [words_of(cost) for cost in self.verdict.costs]

    def _cell(self, name: str) -> Cell:
        cell = self.comparison.cell(name)
        assert cell is not None  # `read_evaluation` looked
        return cell


def words_of(cost: Cost) -> str:
    """Say what a trade-off costs: ``Word error: 0.38 against 0.06``."""
    metric = METRICS[cost.metric]
    unit = f" {metric.unit}" if metric.unit else ""
    return f"{metric.title}: {number(cost.model)} against {number(cost.baseline)}{unit}"


def lead(decisions: Sequence[Decision]) -> Decision | None:
    """Choose the verdict that stands for the model.

    That on the foremost kind of its tasks (`KINDS`); of several the worst, as the headline numbers
    of `dvc metrics show` have it.
    """
    if not decisions:
        return None
    first = min(decisions, key=lambda decision: KINDS.index(decision.task.kind))
    candidates = [
        decision
        for decision in decisions
        if decision.task.kind is first.task.kind and decision.verdict.metric == first.verdict.metric
    ]
    return min(candidates, key=lambda one: merit(one.verdict.metric, one.model.value))
