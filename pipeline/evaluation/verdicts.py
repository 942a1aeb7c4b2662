"""Verdicts: which metric decides for a kind of task, why, and at what cost.

A number that a loss optimises, or that saturates, decides nothing: the mean picture has a good
PSNR, and a small classifier takes any conversion for the target. Each kind of task names the
metrics that may decide, the best first (those that need weights which are not there fall out), and
what a model must not pay for being better there. Of a few items nothing is said.
"""

from dataclasses import dataclass, replace

from pipeline.evaluation.memory import memory_cost
from pipeline.evaluation.metric_table import CEILINGS, METRICS, merit
from pipeline.evaluation.results import MODEL, Cost, Measured, Outcome, Protocol, Verdict

LEAST_ITEMS = 6
"""Items that a verdict takes: that all of n differ the same way has, if neither row is better, a
probability of 2 / 2^n, and 6 is the least n at which it is below 5 % (the sign test, both ways)."""

SATURATED = 0.95
"""From here on shares and probabilities by our own classifier tell nobody apart: what it gets wrong
itself is more than what is left."""

BY_OUR_CLASSIFIER = frozenset({"target_accuracy", "target_probability"})


@dataclass(frozen=True)
class Decision:
    """The metrics that decide for one kind of task."""

    metrics: tuple[str, ...]
    """The first of these that was measured, and has a baseline if any of them has, decides."""
    reason: str
    """The aim of this kind of task; why the metric tells of it, `REASONS` has."""
    costs: tuple[str, ...] = ()
    """Metrics by which no baseline that does the task at all may be better: see `IDLE`."""
    least: float | None = None
    """A value of the first metric below which the task has failed, whatever baselines reach."""

    def reason_for(self, metric: str) -> str:
        """Say why a metric decides: what counts for the task, and what the metric knows of it."""
        return f"{self.reason} {REASONS[metric]}"


OURS = (
    "Only the data set's own classifier tells: it learnt from the same data as the model, is soon "
    "sure of anything, and where both values are near 1 tells nobody apart."
)
REASONS = {
    "lpips": "LPIPS compares them in the features of a network that nobody here trained.",
    "psnr": "PSNR compares them pixel by pixel, and prefers a blurred answer to a moved one.",
    "mse": "The mean squared error compares them value by value, and prefers a blurred answer to a "
    "moved one.",
    "fid": "FID compares them in the features of Inception, which nobody here trained.",
    "kd_imagenet": "The kernel distance compares them in the features of a network of photographs "
    "that nobody here trained.",
    "fd_features": "The Frechet distance compares them in the features of the data set's own "
    "classifier, which learnt from the same data as the model.",
    "target_accuracy": OURS,
    "target_probability": OURS,
    "similarity_margin": "A network of speakers that nobody here trained says whose it is: what it "
    "finds more similar to the source has failed, whatever the baselines reach.",
    "mcd": "No network says so here: the mel-cepstral distortion is the distance from the true "
    "recording.",
    "dnsmos": "A network that nobody here trained predicts how natural listeners would find it.",
    "codebook_usage": "The usage counts every code that was chosen at least once.",
    "accuracy": "The accuracy counts the test samples whose class it tells.",
    "bits_per_dim": "Bits a value are its logarithm, whatever the size of a picture.",
    "sliced_w1": "The sliced Wasserstein distance is how far points would have to be moved, on "
    "average over all directions, to lie as the data's do.",
    "elbo": "The log-likelihood, or its lower bound, is the logarithm of that probability.",
}
"""Metric that may decide -> its knowledge, and whose it is."""


IDLE = frozenset(
    {
        "mean_picture",
        "mean_chunk",
        "mean_point",
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
    "A conversion is to be the target's voice and no longer the source's; words and naturalness "
    "must not be lost for it.",
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
    "goes before them, where there is one.",
    costs=("recall", "class_coverage"),
)
POINTS = Decision(
    ("sliced_w1",),
    "Samples have no counterparts: what counts is how like the training data they lie as a whole.",
    costs=("modes_covered", "high_quality"),
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
ACCURACY = Decision(
    ("accuracy",),
    "Each sample has one class: what counts is how often a classifier tells it.",
)


def judge(decision: Decision, metrics: dict[str, Measured]) -> Verdict | None:
    """Judge one task by what was measured of it; None where no metric that decides was."""
    measured = [m for m in decision.metrics if MODEL in metrics.get(m, Measured({})).values]
    compared = [m for m in measured if strongest(m, metrics[m]) is not None]
    if not measured:
        return None
    metric = (compared or measured)[0]
    found, reason = metrics[metric], decision.reason_for(metric)
    baseline = strongest(metric, found)
    if baseline is None:
        return Verdict(metric, reason, None, None)
    outcome = compare(metric, found, baseline)
    if outcome == "too_few":
        return Verdict(metric, reason, baseline, outcome)
    costs = [
        cost
        for name in decision.costs
        if name != metric and (cost := cost_of(name, metrics.get(name))) is not None
    ]
    if (remembered := memory_cost(metrics)) is not None:  # its distances prove nothing else
        costs.append(remembered)
    if outcome == "better" and costs:
        outcome = "trade_off"
    if failed(decision, metric, found):
        outcome = "behind"
    return Verdict(metric, reason, baseline, outcome, costs)


def failed(decision: Decision, metric: str, found: Measured) -> bool:
    """Tell whether a model does not even reach what the task asks for at least."""
    if decision.least is None or metric != decision.metrics[0]:
        return False
    return merit(metric, found.values[MODEL]) < merit(metric, decision.least)


def cost_of(metric: str, found: Measured | None) -> Cost | None:
    """Compare a model with the best baseline that does the task; None where it is not behind."""
    if found is None or MODEL not in found.values:
        return None
    busy = replace(found, values={k: v for k, v in found.values.items() if k not in IDLE})
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
    if too_few(found.protocol):
        return "too_few"
    if level(metric, found, MODEL, baseline):
        return "level"
    model, other = (merit(metric, found.values[name]) for name in (MODEL, baseline))
    return "better" if model > other else "behind"


def too_few(protocol: Protocol) -> bool:
    """Tell whether a metric was measured of fewer than `LEAST_ITEMS`, by its ``count``.

    What has no count, as a measure of the whole, is taken as it is.
    """
    count = protocol.get("count")
    return isinstance(count, int | float) and count < LEAST_ITEMS


def level(metric: str, found: Measured, a: str, b: str) -> bool:
    """Tell whether two rows are level: equal, or the interval of one holds the other's value.

    Or if both are `SATURATED`, by our own classifier.
    """
    values, intervals = found.values, found.intervals
    if merit(metric, values[a]) == merit(metric, values[b]):
        return True
    if metric in BY_OUR_CLASSIFIER and all(values[name] >= SATURATED for name in (a, b)):
        return True
    pairs = ((intervals.get(a), values[b]), (intervals.get(b), values[a]))
    return any(bounds is not None and bounds[0] <= v <= bounds[1] for bounds, v in pairs)
