"""What a discriminator and its generator minimise, from logits of any shape."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

Adversarial = Literal["nonsaturating", "least_squares", "hinge", "wasserstein"]


def discriminator_loss(kind: Adversarial, real: Tensor, fake: Tensor) -> Tensor:
    """Scalar that falls as logits of real samples rise and those of fakes sink.

    ``nonsaturating``: cross-entropy, Goodfellow et al. 2014, eq. 1. ``least_squares``: Mao et al.
    2017, eq. 2, with targets 1 and 0. ``hinge``: Lim & Ye 2017. ``wasserstein``: Arjovsky et al.
    2017, eq. 2. The two halves are summed, not averaged.
    """
    match kind:
        case "nonsaturating":
            return softplus(-real).mean() + softplus(fake).mean()
        case "least_squares":
            return (real - 1).square().mean() + fake.square().mean()
        case "hinge":
            return relu(1 - real).mean() + relu(1 + fake).mean()
        case "wasserstein":
            return fake.mean() - real.mean()


def generator_loss(kind: Adversarial, fake: Tensor) -> Tensor:
    """Scalar that falls as logits of fakes rise: the counterpart of `discriminator_loss`."""
    match kind:
        case "nonsaturating":
            return softplus(-fake).mean()
        case "least_squares":
            return (fake - 1).square().mean()
        case "hinge" | "wasserstein":
            return -fake.mean()


def verdict(kind: Adversarial, real: Tensor, fake: Tensor, name: str = "") -> dict[str, Tensor]:
    """What to log of a discriminator: its logits' means, and how sure it is.

    ``confidence`` is 0 for one that can't tell and 1 for one whose loss has nothing left; below 0
    it is wrong. A Wasserstein critic's loss has no end, so it has no confidence. ``name`` tells
    several discriminators apart.
    """
    ending = f"_{name}" if name else ""
    logs = {f"real_logit{ending}": real.mean(), f"fake_logit{ending}": fake.mean()}
    if kind != "wasserstein":
        unsure = torch.full_like(real[:1], 0.5 if kind == "least_squares" else 0.0)
        loss = discriminator_loss(kind, real, fake) / discriminator_loss(kind, unsure, unsure)
        logs[f"confidence{ending}"] = 1 - loss
    return logs


def adaptive_weight(likelihood: Tensor, adversarial: Tensor, last: Tensor) -> Tensor:
    """How much an adversarial loss must count to pull as hard as a reconstruction loss does.

    The ratio of their gradients' norms at the weights ``last`` of the decoder's last layer, at
    most 10,000, without gradient: Esser et al. 2021, eq. 7, with delta as their code has it.
    """
    (ahead,) = torch.autograd.grad(likelihood, last, retain_graph=True)
    (against,) = torch.autograd.grad(adversarial, last, retain_graph=True)
    weight: Tensor = ahead.float().norm() / (against.float().norm() + 1e-4)
    return weight.clamp(0.0, 1e4).detach()
