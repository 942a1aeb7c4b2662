"""Results of an evaluation that a report can show: read, and checked against each other."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

from pipeline.errors import UserError
from pipeline.evaluation.metric_table import METRICS
from pipeline.evaluation.results import MODEL, Measured, Outcome, Results, read_results

PROTOCOL = (
    "weights",
    "data",
    "data_checksum",
    "split",
    "seed",
    "device",
    "precision",
    "machine",
    "torch",
    "code",
)
"""Aspects of the protocol that every evaluation has."""


def read_evaluation(path: Path) -> Results:
    """Read the results of an evaluation: those metrics that the model has, in the order of
    `METRICS`.

    Raises UserError where the file is not what evaluation writes.
    """
    results = read_results(path)
    if missing := [aspect for aspect in PROTOCOL if aspect not in results.protocol]:
        raise UserError(f"{path} lacks {', '.join(missing)} in its protocol; evaluate again")
    named = [name for found in results.tasks.values() for name in found]
    judged = [verdict.metric for verdict in results.verdicts.values()]
    costs = [cost.metric for verdict in results.verdicts.values() for cost in verdict.costs]
    if unknown := [name for name in (*named, *judged, *costs) if name not in METRICS]:
        raise UserError(f"{path} has '{unknown[0]}', which is no metric; evaluate again")
    shown = {task: in_order(found) for task, found in results.tasks.items()}
    for task, verdict in results.verdicts.items():
        if verdict.outcome not in (None, *get_args(Outcome)):
            raise UserError(f"{path} has '{verdict.outcome}', which is no outcome; evaluate again")
        found = shown.get(task, {}).get(verdict.metric)
        if found is None or verdict.baseline not in (None, *found.values):
            raise UserError(
                f"{path} has a verdict on '{task}' whose numbers are missing; evaluate again"
            )
    return replace(results, tasks=shown)


def in_order(metrics: dict[str, Measured]) -> dict[str, Measured]:
    """Sort the metrics of a task as `METRICS` does; those without a value of the model go."""
    return {
        name: metrics[name] for name in METRICS if MODEL in metrics.get(name, Measured({})).values
    }
