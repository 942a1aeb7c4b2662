"""Results of an evaluation: numbers beside baselines, with intervals and how they were measured.

{"format": 2,
 "protocol": {"model": ..., "data": ..., "device": ..., ...},      what holds for all numbers
 "tasks": {TASK: {METRIC: {"values": {"model": 1.2, BASELINE: 3.4},
                           "intervals": {"model": [1.1, 1.3]},     95 %
                           "protocol": {"count": 100, ...}}}},
 "missing": [{"task": ..., "metric": ..., "reason": ...}],         what could not be measured
 "verdicts": {TASK: {"metric": ..., "reason": ..., "baseline": ..., "outcome": ...,
                     "costs": [...]}},
 "cases": {TASK: {"metric": ..., "best": KEY, "median": KEY, "worst": KEY}},
 "remarks": {TASK: [{"subject": "memory", "finding": ..., "words": ...}]}}

A metric of classes has "parts" beside its values: {CLASS: {"model": 0.9, ...}}.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import UserError
from pipeline.system.json_files import write_json
from pipeline.system.text_files import read_bounded

FORMAT = 2
MOST_BYTES = 2**26
RESULTS = "results.json"
"""The file with every number, in the folder of a model's evaluation."""

MODEL = "model"

Rows = dict[str, float]
"""``model`` and each baseline (or ceiling) -> value."""

Interval = tuple[float, float]
Protocol = dict[str, str | int | float]
"""The conditions of a measurement: aspect -> its value."""

Outcome = Literal["better", "level", "behind", "trade_off", "too_few"]
"""The model against its strongest baseline; ``too_few``: of so few items that nobody can tell."""


@dataclass(frozen=True)
class Measured:
    """One metric of one task."""

    values: Rows
    intervals: dict[str, Interval] = field(default_factory=dict)
    """Of 95 %, where there is one."""
    protocol: Protocol = field(default_factory=dict)
    parts: dict[str, Rows] = field(default_factory=dict)
    """The values of parts of the items, of each class say, or of the same drawn otherwise."""


@dataclass(frozen=True)
class Missing:
    """A metric that could not be measured, and why."""

    task: str
    metric: str
    reason: str


@dataclass(frozen=True)
class Cost:
    """A metric by which a baseline that does the task is better than the model."""

    metric: str
    model: float
    baseline: float


@dataclass(frozen=True)
class Verdict:
    """The outcome of one task, by the metric that decides it."""

    metric: str
    reason: str
    """The aim of the task, and the knowledge that this metric has of it."""
    baseline: str | None
    """The strongest by this metric; None where only ceilings stand beside the model."""
    outcome: Outcome | None
    costs: list[Cost] = field(default_factory=list)


@dataclass(frozen=True)
class Cases:
    """The items of a task that a metric ranks best, in the middle and worst, by their keys."""

    metric: str
    best: str
    median: str
    worst: str


@dataclass(frozen=True)
class Remark:
    """A finding that no single metric says: of several together, in words."""

    subject: str
    finding: str
    """One of the subject's own names, for tables."""
    words: str


Tasks = dict[str, dict[str, Measured]]
"""Task -> metric -> values."""


@dataclass
class Results:
    """All that one evaluation found."""

    protocol: Protocol = field(default_factory=dict)
    tasks: Tasks = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    cases: dict[str, Cases] = field(default_factory=dict)
    remarks: dict[str, list[Remark]] = field(default_factory=dict)
    """Task -> findings."""

    def rows(self, task: str, metric: str) -> Rows:
        """Look up the values of one metric; raise KeyError where it was not measured."""
        return self.tasks[task][metric].values


def write_results(path: Path, results: Results) -> None:
    """Write results as JSON; equal results give equal bytes."""
    write_json(path, {"format": FORMAT, **asdict(results)})


def read_results(path: Path) -> Results:
    """Read what `write_results` wrote.

    Raises UserError where there is no such file, or one of another version or that is damaged.
    """
    try:
        return parse_results(json.loads(read_bounded(path, MOST_BYTES)))
    except FileNotFoundError as error:
        raise UserError(f"expected an evaluation's results at {path}: evaluate first") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(f"{path} holds no results; evaluate again ({error})") from error


def parse_results(raw: Any) -> Results:
    """Build results from JSON's values; raise ValueError, TypeError or KeyError for others."""
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ValueError(f"expected format {FORMAT}, as this version writes it")
    return Results(
        protocol=dict(raw["protocol"]),
        tasks={
            task: {name: _measured(found) for name, found in metrics.items()}
            for task, metrics in raw["tasks"].items()
        },
        missing=[Missing(**entry) for entry in raw["missing"]],
        verdicts={task: _verdict(found) for task, found in raw["verdicts"].items()},
        cases={task: Cases(**found) for task, found in raw["cases"].items()},
        remarks={
            task: [Remark(**remark) for remark in found]
            for task, found in raw.get("remarks", {}).items()  # results of earlier have none
        },
    )


def _measured(raw: dict[str, Any]) -> Measured:
    intervals = {name: (float(low), float(high)) for name, (low, high) in raw["intervals"].items()}
    values = {name: float(value) for name, value in raw["values"].items()}
    parts = {
        part: {name: float(value) for name, value in rows.items()}
        for part, rows in raw.get("parts", {}).items()
    }
    return Measured(values, intervals, dict(raw["protocol"]), parts)


def _verdict(raw: dict[str, Any]) -> Verdict:
    return Verdict(**{**raw, "costs": [Cost(**cost) for cost in raw["costs"]]})
