"""A model's metrics in words."""

from pathlib import Path

from pipeline.errors import UserError
from pipeline.evaluation.results import MODEL
from pipeline.report.comparisons import Comparison, baseline, read_comparisons, spoken


def metrics_of(path: Path) -> dict[str, dict[str, str]]:
    """Read task and metric -> whose value -> the value; empty for a file of another version."""
    try:
        return {title(found): values(found) for found in read_comparisons(path)}
    except UserError:
        return {}


def title(comparison: Comparison) -> str:
    """Name task, metric and which way is better, where a way is."""
    words = f"{spoken(comparison.task)}: {comparison.metric.title}"
    higher = comparison.metric.higher_is_better
    return words if higher is None else f"{words} ({'higher' if higher else 'lower'} is better)"


def values(comparison: Comparison) -> dict[str, str]:
    """Return the model's value first, then its baselines'."""
    names = sorted(comparison.rows, key=lambda name: name != MODEL)
    return {
        "this model" if name == MODEL else baseline(name).title: comparison.text(name)
        for name in names
    }
