"""A figure of each case."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.what_metrics_miss.digits import Rows

FIRST, SECOND = "tab:blue", "tab:orange"


CHEATS = {
    "inception_score": "inception score",
    "frechet": "Frechet distance",
    "recall": "recall",
    "coverage": "coverage",
    "to_nearest": "distance to nearest training digit",
}
LIKELIHOODS = {"nats": "test digits, nats", "nats_of_training": "training digits, nats"}
PIXELS = {
    "psnr": "PSNR, dB (higher: closer)",
    "ssim": "SSIM (higher: closer)",
    "features": "distance in features (lower: closer)",
    "accuracy": "read rightly",
}
LIMITS = {"inception_score": 10}
"""Metric -> the best value that is possible, drawn as a line."""


def draw_bars(
    found: Rows, path: Path, titles: dict[str, str], figsize: tuple[float, float]
) -> None:
    """Draw metrics side by side, each row of what was found as a bar; ``titles``: of metrics."""
    figure = Figure(figsize=figsize, layout="constrained")
    for axes, (metric, title) in zip(subplots(figure, 1, len(titles)), titles.items(), strict=True):
        bars(axes, {name: row[metric] for name, row in found.items()}, title)
        if metric in LIMITS:
            axes.axvline(LIMITS[metric], color="grey", linewidth=0.8, linestyle=":")
    for axes in figure.axes[1:]:
        axes.set_yticklabels([])
    figure.savefig(path, dpi=110)


def draw_disturbances(found: dict[str, dict[str, Rows]], path: Path) -> None:
    """Draw both scores over the levels of each disturbance; each subject is a row."""
    figure = Figure(figsize=(12, 5), layout="constrained")
    places = iter(subplots(figure, len(found), max(len(kinds) for kinds in found.values())))
    for subject, kinds in found.items():
        scores = [row["inception_score"] for levels in kinds.values() for row in levels.values()]
        highest = 1.1 * max(scores)
        for kind, levels in kinds.items():
            axes = next(places)
            axes.set_title(f"{subject}: {kind}", fontsize=9)
            axes.plot([row["frechet"] for row in levels.values()], "o-", color=FIRST)
            axes.set_xticks(range(len(levels)), list(levels))
            axes.set_ylim(bottom=0)
            axes.tick_params(axis="y", labelcolor=FIRST)
            other = axes.twinx()
            other.plot([row["inception_score"] for row in levels.values()], "s--", color=SECOND)
            other.set_ylim(0, highest)
            other.tick_params(axis="y", labelcolor=SECOND)
    figure.suptitle("Frechet distance (blue, left) and inception score (orange, right)")
    figure.savefig(path, dpi=110)


def draw_few_samples(found: Rows, path: Path) -> None:
    """Draw both distances over the number of samples."""
    figure = Figure(figsize=(8, 2.8), layout="constrained")
    sizes = [int(size) for size in found]
    titles = {"frechet": "Frechet distance", "kernel": "kernel distance"}
    for axes, (metric, title) in zip(subplots(figure, 1, 2), titles.items(), strict=True):
        means = [row[metric] for row in found.values()]
        spread = [row[f"{metric}_std"] for row in found.values()]
        axes.errorbar(sizes, means, spread, fmt="o-", capsize=3, color=FIRST)
        axes.axhline(0, color="grey", linewidth=0.8)
        axes.set_xscale("log")
        axes.set_xticks(sizes, [str(size) for size in sizes])
        axes.minorticks_off()
        axes.set_xlabel("test digits")
        axes.set_title(title, fontsize=9)
    figure.savefig(path, dpi=110)


def subplots(figure: Figure, rows: int, columns: int) -> Sequence[Axes]:
    """Divide a figure, row by row."""
    return list(figure.subplots(rows, columns, squeeze=False).flat)


def bars(axes: Axes, values: dict[str, float], title: str) -> None:
    """Draw named values from the top down, each written beside its bar."""
    drawn = axes.barh(list(values), list(values.values()), color=FIRST)
    axes.bar_label(drawn, fmt="%.3g", fontsize=8, padding=2)
    axes.invert_yaxis()
    axes.margins(x=0.25)
    axes.tick_params(labelsize=8)
    axes.set_title(title, fontsize=9)
