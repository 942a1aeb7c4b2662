"""The few numbers that stand for a model in `dvc metrics show`, out of all that were measured."""

from typing import NamedTuple

from pipeline.evaluation.metric_table import merit
from pipeline.evaluation.results import MODEL, Measured, Results
from pipeline.evaluation.verdicts import strongest

SAMPLES = "samples"
"""The task whose ``fd`` counts where a model also reconstructs."""


class Column(NamedTuple):
    """A headline number: its name, and the metric that it shows."""

    name: str
    metric: str
    compared: bool = False
    """True: its strongest baseline follows as ``NAME_vs``."""


COLUMNS = (
    Column("sim", "similarity_margin"),
    Column("mos", "dnsmos"),
    Column("wer", "word_error"),
    Column("mcd", "mcd"),
    Column("psnr", "psnr", compared=True),
    Column("mse", "mse"),
    Column("fid", "fid", compared=True),
    Column("kd", "kd_imagenet", compared=True),
    Column("fd", "fd_features", compared=True),
    Column("w1", "sliced_w1", compared=True),
    Column("modes", "modes_covered"),
)
OPINIONS = (Column("acc", "target_accuracy", compared=True),)
"""Stand-ins for them where none of these was measured."""


def headline(results: Results) -> dict[str, float]:
    """Choose the headline numbers of a model, some followed by their best baseline as ``NAME_vs``.

    ``sim`` (higher is better) how much more similar converted voices are to the target than to the
    source (below 0 a conversion has failed), ``mos`` (higher) their predicted naturalness, ``wer``
    (lower) the share of words lost; ``mcd`` (dB, lower) the mel-cepstral distortion of converted or
    vocoded speech; ``psnr`` (dB, higher) of translated pictures to their true counterparts; ``mse``
    (lower) of reconstructions; ``kd``, ``fid``, ``fd`` (lower) the kernel distance in features of
    an ImageNet network, the Frechet distance in Inception's and in the classifier's, of
    translations, of samples, or of reconstructions where a model draws none. ``w1`` (lower) is the
    sliced Wasserstein distance of samples that are points, ``modes`` (higher) counts those of the
    data's modes that they cover. ``acc`` (higher), the share of translations that the classifier
    takes for the target, only where nothing of these was measured.

    A model with several directions or speakers is shown by the worst of them, and the baseline is
    of the same one. Values have four significant digits. Models of a kind have the same columns,
    and those of all kinds beside each other fit a terminal; every number is in results.json.
    """
    return numbers(results, COLUMNS) or numbers(results, OPINIONS)


def numbers(results: Results, columns: tuple[Column, ...]) -> dict[str, float]:
    """Return those columns that were measured."""
    found: dict[str, float] = {}
    for name, metric, compared in columns:
        measured = worst(results, metric)
        if measured is None:
            continue
        found[name] = short(measured.values[MODEL])
        baseline = strongest(metric, measured)
        if compared and baseline is not None:
            found[f"{name}_vs"] = short(measured.values[baseline])
    return found


def worst(results: Results, metric: str) -> Measured | None:
    """Find a metric of the worst task, or of samples where there are any."""
    measured = {
        task: found[metric]
        for task, found in results.tasks.items()
        if metric in found and MODEL in found[metric].values
    }
    if SAMPLES in measured:
        return measured[SAMPLES]
    return min(measured.values(), key=lambda m: merit(metric, m.values[MODEL]), default=None)


def short(value: float) -> float:
    """Round to four significant digits."""
    return float(f"{value:.4g}")
