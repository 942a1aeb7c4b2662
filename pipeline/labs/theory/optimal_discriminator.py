"""The best discriminator of two densities that are known: p / (p + pg), and its value."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

from pipeline.labs.findings import Finding, near, within
from pipeline.labs.plotting import label, panels
from pipeline.labs.theory.densities import gaussian, jensen_shannon, places

STEPS, LR = 1500, 0.1
EPS = 1e-30  # of Adam: below the gradients of the rarest places


class Discriminator(NamedTuple):
    """A discriminator that is a table."""

    probabilities: Tensor
    """D [N] at each place."""
    value: float
    """E log D(x) + E log(1 - D(G(z))), in nats."""


def train_table(p: Tensor, pg: Tensor, step: float = 1.0) -> Discriminator:
    """Train a logit for each place by Adam against densities [N] of real samples and of fakes.

    Maximises Goodfellow et al. 2014, eq. 1, by quadrature at places ``step`` apart. No network is
    between the loss and its optimum, so what is found is the loss's own.
    """
    logits = torch.zeros_like(p, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=LR, eps=EPS)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for _ in range(STEPS):
        optimizer.zero_grad()
        torch.autograd.backward(-value_of(logits, p, pg, step))
        optimizer.step()
        schedule.step()
    found = logits.detach()
    return Discriminator(found.sigmoid(), float(value_of(found, p, pg, step)))


def value_of(logits: Tensor, p: Tensor, pg: Tensor, step: float = 1.0) -> Tensor:
    """Compute the value of the game at logits [N] of places: a scalar."""
    return -step * (p * softplus(-logits) + pg * softplus(logits)).sum()


def optimum(p: Tensor, pg: Tensor) -> Tensor:
    """Compute p / (p + pg) [N]: Goodfellow et al. 2014, proposition 1."""
    return p / (p + pg)


def find() -> Finding:
    """Train tables of two Gaussians, of equal densities, and of densities 1 to 2."""
    x = places(-7, 7, 561)
    step = float(x[1] - x[0])
    p, pg = gaussian(x, -1.0, 1.0), gaussian(x, 1.0, 1.0)
    found, best = train_table(p, pg, step), optimum(p, pg)
    theory = 2 * float(jensen_shannon(p, pg, step)) - math.log(4)
    same = train_table(p, p, step)
    thirds = torch.tensor([1 / 3, 2 / 3], dtype=torch.float64)
    two = train_table(thirds, thirds.flip(0))
    figure, (axes,) = panels(["Densities and discriminator"])
    axes.plot(x, p, label="p, real")
    axes.plot(x, pg, label="pg, fakes")
    axes.plot(x, found.probabilities, label="D, trained")
    axes.plot(x, best, "--", label="p / (p + pg)")
    label(axes, "x", "density, probability")
    return Finding(
        "optimal_discriminator",
        "The best discriminator, and what the game is worth with it",
        "Against a fixed generator the best discriminator is p / (p + pg), and the value of the "
        "game with it is 2 JSD(p, pg) - log 4, least at p = pg (Goodfellow et al. 2014, "
        "proposition 1 and theorem 1). A table of logits over 561 places, trained by the loss "
        "alone, of N(-1, 1) against N(1, 1).",
        [
            within(
                "largest |D - p / (p + pg)|",
                float((found.probabilities - best).abs().max()),
                most=0.01,
            ),
            near("value of the game", found.value, theory, 1e-3),
            near("value at p = pg", same.value, -math.log(4), 1e-4),
            near("D where densities are 1 to 2", float(two.probabilities[0]), 1 / 3, 0.001),
            near("D where densities are 2 to 1", float(two.probabilities[1]), 2 / 3, 0.001),
        ],
        figure,
        "The trained table lies on the dashed optimum.",
    )
