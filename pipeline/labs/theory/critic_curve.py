"""A critic's loss follows the quality of samples; an estimate of the Jensen-Shannon divergence
doesn't.

Arjovsky et al. 2017, figures 3 and 4.
"""

import math

import torch
from scipy.stats import spearmanr
from torch import Tensor

from pipeline.backbones.mlp import MLPEncoderParams
from pipeline.labs.findings import Check, Finding, near, within
from pipeline.labs.plotting import label, panels
from pipeline.labs.theory.training import Training
from pipeline.losses.adversarial import discriminator_loss
from pipeline.metrics.wasserstein import sliced_wasserstein, wasserstein
from pipeline.samples import Spec

TIMES = 8
"""Times at which a fresh discriminator is trained."""
STEPS, LR = 200, 2e-3
MOVED = 500
"""Points of the exact distance."""


def find(training: Training) -> Finding:
    """Hold the loss of a Wasserstein critic against the distance of the samples."""
    steps = training.course.steps.tolist()
    logged = {name: dict(training.curves[name]) for name in ("real_logit", "fake_logit")}
    times = [at for at, step in enumerate(steps) if step in logged["real_logit"]]
    at = [steps[time] for time in times]
    estimate = [logged["real_logit"][step] - logged["fake_logit"][step] for step in at]
    count = min(MOVED, len(training.real))
    samples = [training.course.samples[time] for time in times]
    exact = [wasserstein(x[:count], training.real[:count]) for x in samples]
    distance = [sliced_wasserstein(x, training.real) for x in samples]
    chosen = [times[place * (len(times) - 1) // (TIMES - 1)] for place in range(TIMES)]
    shannon = [estimate_jensen_shannon(training, time) for time in chosen]
    agreement, sliced = (float(spearmanr(estimate, x).statistic) for x in (exact, distance))
    figure, (left, right) = panels(["Critic's estimate beside the distance", "Jensen-Shannon"])
    left.plot(at, estimate, label="mean logit of real less that of fake")
    left.plot(at, exact, label="Wasserstein distance")
    left.plot(at, distance, label="sliced Wasserstein distance")
    left.set_ylim(bottom=0)
    label(left, "step", "distance")
    right.plot([steps[time] for time in chosen], shannon, "o-", label="by fresh discriminators")
    right.axhline(math.log(2), color="#625f57", linestyle="--", linewidth=1, label="log 2")
    right.set_ylim(0, 0.75)
    label(right, "step", "nats")
    kept_distance, kept_shannon = distance[-1] / distance[0], shannon[-1] / shannon[0]
    return Finding(
        f"critic_{training.name}",
        f"{training.name}: a loss that means something",
        "The loss of a Wasserstein critic estimates how far samples are from the data, so that it "
        "falls as they get better. A discriminator trained anew at eight times of the same "
        "training estimates the Jensen-Shannon divergence, (value + log 4) / 2 on points that it "
        "has not seen, which bounds it from below: it stays high while the distance falls "
        "(Arjovsky et al. 2017, figures 3 and 4). The penalty is one-sided: a critic whose slope "
        "is held at 1 from both sides can't turn round when samples have passed the data, for on "
        "its way the slope would be 0, and its estimate falls below 0.",
        [
            within("Spearman of the critic's estimate and the distance", agreement, least=0.8),
            Check("Spearman with the sliced distance", sliced),
            Check("Wasserstein distance: first", exact[0]),
            Check("Wasserstein distance: last", exact[-1]),
            Check("critic's estimate: first", estimate[0]),
            Check("critic's estimate: last", estimate[-1]),
            Check("sliced Wasserstein distance: last, as a share of the first", kept_distance),
            near("Jensen-Shannon, first", shannon[0], math.log(2), 0.05 * math.log(2)),
            Check("Jensen-Shannon, last", shannon[-1]),
            within(
                "share that Jensen-Shannon keeps over that of the distance",
                kept_shannon / kept_distance,
                least=2,
            ),
        ],
        figure,
        "The critic's estimate is of the batches that it learns from, the distance of samples of "
        "one seed.",
    )


def estimate_jensen_shannon(training: Training, time: int) -> float:
    """Train a discriminator of the samples of one time, and return what it says of the divergence.

    Half of the points teach it and half are asked: what it has by heart counts for nothing.
    """
    fake = training.course.samples[time]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        rows = torch.randperm(len(training.real))[: len(fake)]
        return jensen_shannon_of(training.real[rows], fake)


def jensen_shannon_of(real: Tensor, fake: Tensor) -> float:
    """Estimate the divergence of points [n, D] and [n, D] by a discriminator, from 0 to log 2.

    A lower bound of it in expectation, since no discriminator is better than the best.
    """
    spec = Spec(channels=real.shape[1], height=1, width=1, bounded=False)
    network = MLPEncoderParams(kind="mlp", width=128, layers=3).build(spec, 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=LR)
    halves = [x[:, :, None, None].chunk(2) for x in (real, fake)]
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = discriminator_loss("nonsaturating", *(network(half[0]) for half in halves))
        torch.autograd.backward(loss)
        optimizer.step()
    with torch.no_grad():
        value = -discriminator_loss("nonsaturating", *(network(half[1]) for half in halves))
    return (float(value) + math.log(4)) / 2
