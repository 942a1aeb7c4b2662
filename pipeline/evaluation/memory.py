"""The finding whether a sampler remembers its training samples: of several metrics, in words.

Blur brings samples nearer to everything, value by value, and what is most typical of a class lies
where training samples are dense. So where there are a classifier's features, samples have to be
nearer by both. Copies of single training samples say it by themselves.
"""

from pipeline.evaluation.metric_table import CEILINGS
from pipeline.evaluation.results import MODEL, Cost, Measured, Remark

SUBJECT = "memory"
"""Findings: ``remembers``, ``unclear``, ``none``."""
CEILING = "ceiling"
"""Findings: ``nearer``, ``level``."""
DISTANCE = "fd_features"
NEARER = ("nearer_features", "nearer_values")
"""Shares of pairs; of new data they are a half."""
NEW = 0.5
COPIES = "copies"
LEAST_ITEMS = 6
"""Samples below which nothing is said: see `verdicts.LEAST_ITEMS`."""

SPACES = {"nearer_features": "in the classifier's features", "nearer_values": "value by value"}


def memory_remark(metrics: dict[str, Measured]) -> Remark | None:
    """Say whether a sampler remembers; None where that was not measured, or of a few samples."""
    measured = {name: metrics[name] for name in NEARER if name in metrics}
    counts = [found.protocol.get("count", 0) for found in measured.values()]
    if not measured or any(isinstance(n, int) and n < LEAST_ITEMS for n in counts):
        return None
    if copies(metrics):
        found = metrics[COPIES]
        words = (
            f"{percent(found.values[MODEL])} of the samples are copies of single training samples "
            f"(of test samples {percent(ceiling(found))}): it remembers."
        )
        return Remark(SUBJECT, "remembers", words)
    nearer = [name for name, found in measured.items() if above(found)]
    first = next(iter(measured))
    if len(nearer) == len(measured):
        said = "Nearer to the training samples than test samples are: it remembers."
        return Remark(SUBJECT, "remembers", f"{said} {pairs(first, measured[first])}")
    if nearer:
        (other,) = measured.keys() - set(nearer)
        words = (
            f"Nearer to the training samples than test samples are {SPACES[nearer[0]]}, but not "
            f"{SPACES[other]}: it may remember, or its samples are but smoother than real ones."
        )
        return Remark(SUBJECT, "unclear", words)
    words = f"No sign that it remembers. {pairs(first, measured[first])}"
    return Remark(SUBJECT, "none", words)


def ceiling_remark(metrics: dict[str, Measured]) -> Remark | None:
    """Say where samples as a whole are no farther from the training samples than test samples.

    By the Frechet distance of the classifier's features, which is then no better the lower it is.
    None where they are farther, or where there are no test samples.
    """
    found = metrics.get(DISTANCE)
    if found is None or MODEL not in found.intervals:
        return None
    value, (low, high) = found.values[MODEL], found.intervals[MODEL]
    real = [found.values[name] for name in found.values if name in CEILINGS]
    if not real or value > real[0]:
        return None
    said = f"a Frechet distance of {value:.3g} ({low:.3g} to {high:.3g}) beside {real[0]:.3g}"
    if high < real[0]:
        words = (
            f"As a whole nearer to the training samples than test samples are, {said}: it fits "
            "these samples rather than what they were drawn from."
        )
        return Remark(CEILING, "nearer", words)
    words = f"As a whole as near to the training samples as test samples are, {said}."
    return Remark(CEILING, "level", words)


def memory_cost(metrics: dict[str, Measured]) -> Cost | None:
    """Return what a sampler that remembers pays with; None where there is no such finding."""
    remark = memory_remark(metrics)
    if remark is None or remark.finding != "remembers":
        return None
    name = COPIES if copies(metrics) else next(name for name in NEARER if name in metrics)
    return Cost(name, metrics[name].values[MODEL], ceiling(metrics[name]))


def copies(metrics: dict[str, Measured]) -> bool:
    """Tell whether there are more copies among the samples than among test samples."""
    found = metrics.get(COPIES)
    if found is None or MODEL not in found.intervals:
        return False
    highest = max(
        (found.intervals[name][1] for name in found.intervals if name in CEILINGS),
        default=ceiling(found),
    )
    return found.intervals[MODEL][0] > highest


def above(found: Measured) -> bool:
    """Tell whether a share of pairs is above that of new data, with all of its interval."""
    return MODEL in found.intervals and found.intervals[MODEL][0] > NEW


def ceiling(found: Measured) -> float:
    """Return the value of the real test samples."""
    return next(value for name, value in found.values.items() if name in CEILINGS)


def pairs(name: str, found: Measured) -> str:
    """Say in how many pairs a sample is the nearer one."""
    low, high = found.intervals.get(MODEL, (found.values[MODEL],) * 2)
    return (
        f"In {percent(found.values[MODEL])} ({100 * low:.0f} to {100 * high:.0f}) of pairs of a "
        f"sample and a test sample the sample is nearer to its nearest training sample "
        f"{SPACES[name]}; new data would be in 50 %."
    )


def percent(share: float) -> str:
    """Write a share in percent, with a digit more where it is small."""
    return f"{100 * share:.0f} %" if share >= 0.1 or not share else f"{100 * share:.1f} %"
