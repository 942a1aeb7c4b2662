"""Verdicts: which metric decides for a kind of task, why, and at what cost.

A number that a loss optimises, or that saturates, decides nothing: the mean picture has a good
PSNR, and a small classifier takes any conversion for the target. Each kind of task names the
metrics that may decide, the best first (those that need weights which are not there fall out), and
what a model must not pay for being better there.
"""

from dataclasses import dataclass

from pipeline.evaluation.metric_table import CEILINGS, METRICS, merit
from pipeline.evaluation.results import MODEL, Cost, Measured, Outcome, Verdict


@dataclass(frozen=True)
class Decision:
    """The metrics that decide for one kind of task."""

    metrics: tuple[str, ...]
    """The first of these that was measured, and has a baseline if any of them has, decides."""
    reason: str
    costs: tuple[str, ...] = ()
    """Metrics by which no baseline that does the task at all may be better: see `IDLE`."""
    least: float | None = None
    """A value of the first metric below which the task has failed, whatever baselines reach."""


IDLE = frozenset(
    {
        "mean_picture",
        "mean_chunk",
        "no_model",
        "source_recording",
        "source_through_vocoder",
        "untouched_input",
    }
)
"""Baselines that do nothing, or answer all alike: they lose no words, and no detail is misplaced
where there is none, so nobody pays for being worse than they are."""


PAIRED = Decision(
    ("lpips", "psnr"),
    "Each input has one true counterpart, and training knew such pairs: what counts is how near "
    "to it translations come.",
    costs=("fid", "kd_imagenet", "fd_features"),
)
UNPAIRED = Decision(
    ("fid", "kd_imagenet", "fd_features", "target_accuracy"),
    "Training knew no pairs, so nothing tells a translator which of all true answers to give: what "
    "counts is whether its pictures are like the target's.",
    costs=("psnr",),
)
CONVERSION = Decision(
    ("similarity_margin", "target_probability", "mcd"),
    "A conversion is to be the target's voice and no longer the source's: one that is more similar "
    "to the source has failed, whatever the baselines reach. Networks that nobody here trained say "
    "whose it is; words and naturalness must not be lost for it.",
    costs=("word_error", "dnsmos"),
    least=0.0,
)
SAMPLING = Decision(
    ("fid", "kd_imagenet", "fd_features", "dnsmos"),
    "Samples have no counterparts: what counts is how like the training data they are as a whole, "
    "in looks and in variety.",
    costs=("recall", "class_coverage"),
)
SAMPLING_GREY = Decision(
    ("fd_features", "kd_imagenet", "dnsmos"),
    "Samples have no counterparts: what counts is how like the training data they are as a whole. "
    "Networks of photographs know little of what has no colours, so the data set's own classifier "
    "decides.",
    costs=("recall", "class_coverage"),
)
RECONSTRUCTION = Decision(
    ("lpips", "mse"),
    "The original is the answer: what counts is how near to it reconstructions come.",
    costs=("fid", "kd_imagenet", "fd_features"),
)
VOCODING = Decision(
    ("dnsmos", "mcd"),
    "The frames are those of the recording: what counts is how natural the sound is that they "
    "become; words must not be lost.",
    costs=("word_error", "mcd"),
)
CODES = Decision(
    ("codebook_usage",),
    "A code that is never chosen carries nothing: what counts is how much of the codebook is used.",
)
LIKELIHOOD = Decision(
    ("bits_per_dim", "elbo"),
    "A density is judged by the probability that it gives to data it has not seen.",
)


def judge(decision: Decision, metrics: dict[str, Measured]) -> Verdict | None:
    """Judge one task by what was measured of it; None where no metric that decides was."""
    measured = [m for m in decision.metrics if MODEL in metrics.get(m, Measured({})).values]
    compared = [m for m in measured if strongest(m, metrics[m]) is not None]
    if not measured:
        return None
    metric = (compared or measured)[0]
    found = metrics[metric]
    baseline = strongest(metric, found)
    if baseline is None:
        return Verdict(metric, decision.reason, None, None)
    outcome = compare(metric, found, baseline)
    costs = [
        cost
        for name in decision.costs
        if name != metric and (cost := cost_of(name, metrics.get(name))) is not None
    ]
    if outcome == "better" and costs:
        outcome = "trade_off"
    if failed(decision, metric, found):
        outcome = "behind"
    return Verdict(metric, decision.reason, baseline, outcome, costs)


def failed(decision: Decision, metric: str, found: Measured) -> bool:
    """Tell whether a model does not even reach what the task asks for at least."""
    if decision.least is None or metric != decision.metrics[0]:
        return False
    return merit(metric, found.values[MODEL]) < merit(metric, decision.least)


def cost_of(metric: str, found: Measured | None) -> Cost | None:
    """Compare a model with the best baseline that does the task; None where it is not behind."""
    if found is None or MODEL not in found.values:
        return None
    busy = Measured({k: v for k, v in found.values.items() if k not in IDLE}, found.intervals)
    baseline = strongest(metric, busy)
    if baseline is None or compare(metric, found, baseline) != "behind":
        return None
    return Cost(metric, found.values[MODEL], found.values[baseline])


def strongest(metric: str, found: Measured) -> str | None:
    """Find the baseline that is hardest to beat; None where there is none, or the metric only
    describes.
    """
    if METRICS[metric].higher_is_better is None:
        return None
    names = [name for name in found.values if name != MODEL and name not in CEILINGS]
    return max(names, key=lambda name: merit(metric, found.values[name]), default=None)


def compare(metric: str, found: Measured, baseline: str) -> Outcome:
    """Compare the model with a baseline."""
    if level(metric, found, MODEL, baseline):
        return "level"
    model, other = (merit(metric, found.values[name]) for name in (MODEL, baseline))
    return "better" if model > other else "behind"


def level(metric: str, found: Measured, a: str, b: str) -> bool:
    """Tell whether two rows are level: equal, or the interval of one holds the other's value."""
    values, intervals = found.values, found.intervals
    if merit(metric, values[a]) == merit(metric, values[b]):
        return True
    pairs = ((intervals.get(a), values[b]), (intervals.get(b), values[a]))
    return any(bounds is not None and bounds[0] <= v <= bounds[1] for bounds, v in pairs)
