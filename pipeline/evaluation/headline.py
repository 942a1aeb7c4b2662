"""The few numbers that stand for a model in `dvc metrics show`, out of all that were measured."""

import math
from typing import NamedTuple

from pipeline.evaluation.results import METRICS, MODEL, Results, Rows

RESULTS = "results.json"
"""The file with every number, in the folder of a model's evaluation."""

CEILINGS = frozenset({"copy_synthesis", "test_chunks", "test_pictures"})
"""Rows that know the answer: nobody is expected to beat them, so they are no baselines."""

SAMPLES = "samples"
"""The task whose ``fd`` counts where a model also reconstructs."""


class Column(NamedTuple):
    """A headline number: its name, and the metric that it shows."""

    name: str
    metric: str


TRUTHS = (
    Column("psnr", "psnr"),
    Column("mcd", "mcd"),
    Column("mse", "mse"),
    Column("fd", "fd_features"),
)
"""Distances to the truth."""

OPINIONS = (Column("acc", "target_accuracy"),)
"""What stands in for them where there is no truth."""


def headline(results: Results) -> dict[str, float]:
    """Choose the headline numbers of a model, each followed by its best baseline as ``NAME_vs``.

    ``psnr`` (dB, higher is better) of translated pictures to their true counterparts; ``mcd`` (dB,
    lower) the mel-cepstral distortion of converted or vocoded speech; ``mse`` (lower) of
    reconstructions; ``fd`` (lower) the Frechet distance in the classifier's features, of samples,
    or of reconstructions where a model draws none. ``acc`` (higher), the share of translations
    that the classifier takes for the target, only where nothing of these was measured, as without
    true counterparts.

    A model with several directions or speakers is shown by the worst of them, and the baseline is
    of the same one. Values have four significant digits. Models of a kind have the same columns,
    and those of all kinds beside each other fit a terminal; every number is in results.json.
    """
    found = numbers(results, TRUTHS)
    return found or numbers(results, OPINIONS)


def numbers(results: Results, columns: tuple[Column, ...]) -> dict[str, float]:
    """Return those columns that were measured."""
    found: dict[str, float] = {}
    for name, metric in columns:
        rows = worst(results, metric)
        if rows is None:
            continue
        found[name] = short(rows[MODEL])
        baselines = [row for row in rows if row != MODEL and row not in CEILINGS]
        if baselines:
            best = max(baselines, key=lambda row: merit(metric, rows[row]))
            found[f"{name}_vs"] = short(rows[best])
    return found


def worst(results: Results, metric: str) -> Rows | None:
    """Find a metric's rows of the worst task, or of samples where there are any."""
    measured = {
        task: found[metric] for task, found in results.items() if MODEL in found.get(metric, {})
    }
    if SAMPLES in measured:
        return measured[SAMPLES]
    return min(measured.values(), key=lambda rows: merit(metric, rows[MODEL]), default=None)


def merit(metric: str, value: float) -> float:
    """Rank a value: higher is better, and what is no number is worst."""
    if not math.isfinite(value):
        return -math.inf
    return value if METRICS[metric].higher_is_better else -value


def short(value: float) -> float:
    """Round to four significant digits."""
    return float(f"{value:.4g}")
