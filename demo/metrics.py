"""A model's metrics in words."""

from pathlib import Path

from pipeline.errors import UserError
from pipeline.evaluation.metric_table import METRICS
from pipeline.evaluation.results import MODEL, Measured, read_results
from pipeline.report.baselines import baseline
from pipeline.report.words import interval, number, spoken


def metrics_of(path: Path) -> dict[str, dict[str, str]]:
    """Read task and metric -> whose value -> the value; empty for a file of another version."""
    try:
        results = read_results(path)
    except UserError:
        return {}
    return {
        title(task, metric): values(measured)
        for task, found in results.tasks.items()
        for metric, measured in found.items()
        if metric in METRICS and MODEL in measured.values
    }


def title(task: str, metric: str) -> str:
    """Name task, metric and which way is better, where a way is."""
    words, direction = f"{spoken(task)}: {METRICS[metric].title}", METRICS[metric].direction
    return f"{words} ({direction} is better)" if direction else words


def values(measured: Measured) -> dict[str, str]:
    """Return the model's value first, with its interval, then its baselines'."""
    names = sorted(measured.values, key=lambda name: name != MODEL)
    return {
        "this model" if name == MODEL else baseline(name).title: value(measured, name)
        for name in names
    }


def value(measured: Measured, name: str) -> str:
    """Write a value, and its interval of 95 % where it has one."""
    text, bounds = number(measured.values[name]), measured.intervals.get(name)
    return text if bounds is None else f"{text} ({interval(bounds)})"
