"""Two point masses: divergences don't tell how far apart they are, the earth mover's distance does.

Arjovsky et al. 2017, example 1.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.backbones.mlp import MLPEncoderParams
from pipeline.labs.findings import Finding, within
from pipeline.labs.plotting import label, panels
from pipeline.labs.theory.densities import jensen_shannon, kl
from pipeline.losses.penalty import gradient_penalty, input_gradients
from pipeline.metrics.wasserstein import wasserstein_1d
from pipeline.samples import Spec

DISTANCES = (0.25, 0.5, 1.0, 2.0, 4.0)
STEPS, BATCH, LR = 400, 64, 2e-3
PENALTY = 10.0


def masses(distance: float) -> tuple[Tensor, Tensor]:
    """Tabulate a mass at 0 and one at ``distance``: shares [N] of places a sixteenth apart."""
    p = torch.zeros(129, dtype=torch.float64)
    q = p.clone()
    p[0], q[round(16 * distance)] = 1.0, 1.0
    return p, q


def dual_distance(distance: float, seed: int = 0) -> float:
    """Estimate the earth mover's distance of masses at 0 and ``distance`` by a trained critic.

    Kantorovich and Rubinstein's dual, max E f(p) - E f(q) over f of slope 1 at most, with a
    gradient penalty in place of the bound; divided by the steepest slope between the masses, since
    the penalty lets it exceed 1 a little. One-sided (Petzka et al. 2018): under the penalty of
    Gulrajani et al. 2017, eq. 3, a critic that begins with the wrong sign stays there at distances
    below 2 x 10, for on its way the slope would have to be 0.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        critic = train_critic(distance)
    between = torch.linspace(0, distance, 101)[:, None, None, None]
    slope = float(input_gradients(critic, between).detach().abs().max())
    ends = critic(torch.tensor([0.0, distance])[:, None, None, None]).detach()
    return float(ends[0] - ends[1]) / slope


def train_critic(distance: float) -> nn.Module:
    """Train a critic of a mass at 0 against one at ``distance``."""
    spec = Spec(channels=1, height=1, width=1, bounded=False)
    critic = MLPEncoderParams(kind="mlp", width=32, layers=2).build(spec, 1)
    optimizer = torch.optim.Adam(critic.parameters(), lr=LR, betas=(0.0, 0.9))
    ends = torch.tensor([0.0, distance])[:, None, None, None]
    for _ in range(STEPS):
        places = distance * torch.rand(BATCH, 1, 1, 1)
        real, fake = critic(ends).flatten()
        loss = fake - real + PENALTY * gradient_penalty(critic, places, one_sided=True)[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return critic


def find() -> Finding:
    """Measure masses at several distances by each."""
    exact = [
        float(wasserstein_1d(torch.zeros(1), torch.tensor([distance]))) for distance in DISTANCES
    ]
    dual = [dual_distance(distance) for distance in DISTANCES]
    shannon = [float(jensen_shannon(*masses(distance))) for distance in DISTANCES]
    infinite = [math.isinf(float(kl(*masses(distance)))) for distance in DISTANCES]
    errors = np.abs(np.array(dual) / np.array(DISTANCES) - 1)
    figure, (axes,) = panels(["Two point masses"])
    axes.plot(DISTANCES, exact, label="earth mover's distance")
    axes.plot(DISTANCES, dual, "o", label="the same, by a critic")
    axes.plot(DISTANCES, shannon, label="Jensen-Shannon divergence")
    label(axes, "distance between them", "measured")
    return Finding(
        "point_masses",
        "How far apart are two masses that don't touch?",
        "The KL divergence of two point masses is infinite wherever they are, and the "
        "Jensen-Shannon divergence log 2: neither tells which of two generators is nearer, and "
        "neither has a gradient. The earth mover's distance is |theta| (Arjovsky et al. 2017, "
        "example 1), and so is its dual: a critic of two hidden layers under a gradient penalty, "
        "at five distances from 0.25 to 4.",
        [
            within("masses of which the KL is infinite, of 5", float(sum(infinite)), 5, 5),
            within(
                "Jensen-Shannon less log 2, largest",
                max(abs(value - math.log(2)) for value in shannon),
                most=1e-12,
            ),
            within(
                "earth mover's less |theta|, largest",
                max(abs(a - b) for a, b in zip(exact, DISTANCES, strict=True)),
                most=1e-12,
            ),
            within("dual by the critic, largest relative error", float(errors.max()), most=0.05),
        ],
        figure,
        "Only one of the curves leads a generator anywhere.",
    )
