"""Adversarial losses of a discriminator and its generator, from logits of any shape."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus

Adversarial = Literal[
    "nonsaturating",
    "least_squares",
    "hinge",
    "clamped_hinge",
    "wasserstein",
    "relativistic",
    "minimax",
]
CROSS_ENTROPIES: tuple[Adversarial, ...] = ("nonsaturating", "minimax")
"""Losses whose discriminator predicts a probability, that samples are real."""


def discriminator_loss(
    kind: Adversarial, real: Tensor, fake: Tensor, smoothing: float = 0.0
) -> Tensor:
    """Compute a scalar that falls as logits of real samples rise and those of fakes sink.

    ``nonsaturating`` and ``minimax``: cross-entropy, Goodfellow et al. 2014, eq. 1, where the real
    samples' target is 1 - ``smoothing`` (one-sided label smoothing, Salimans et al. 2016, section
    3.4: the best discriminator is (1 - smoothing) p / (p + p_g) then). ``least_squares``: Mao et
    al. 2017, eq. 2, with targets 1 and 0. ``hinge``: Lim & Ye 2017; ``clamped_hinge``: the same,
    but the generator learns nothing of fakes with logits above 1 (SoundStream, Zeghidour et al.
    2021, eq. 2; Vocos). ``wasserstein``: Arjovsky et al. 2017, eq. 2. ``relativistic``: each real
    logit against a fake one, Jolicoeur-Martineau 2019, eq. 6; both of one shape. The two halves are
    summed, not averaged. Raises ValueError where ``smoothing`` is asked of another loss.
    """
    if smoothing and kind not in CROSS_ENTROPIES:
        raise ValueError(f"smoothing is of a probability's target, which {kind} has none of")
    match kind:
        case "nonsaturating" | "minimax":
            loss = softplus(-real).mean() + softplus(fake).mean()
            # (1 - s) softplus(-y) + s softplus(y), for softplus(y) = y + softplus(-y).
            return loss + smoothing * real.mean() if smoothing else loss
        case "least_squares":
            return (real - 1).square().mean() + fake.square().mean()
        case "hinge" | "clamped_hinge":
            return relu(1 - real).mean() + relu(1 + fake).mean()
        case "wasserstein":
            return fake.mean() - real.mean()
        case "relativistic":
            return softplus(fake - real).mean()


def generator_loss(kind: Adversarial, fake: Tensor, real: Tensor | None = None) -> Tensor:
    """Compute a scalar that falls as logits of fakes rise: see `discriminator_loss`.

    ``minimax`` is what the discriminator gains by fakes, E log(1 - D), whose gradient vanishes
    where it is sure of them; ``nonsaturating`` is -E log D instead (Goodfellow et al. 2014,
    section 3).

    ``real``: logits of real samples, which ``relativistic`` alone asks for; it raises ValueError
    without them.
    """
    match kind:
        case "nonsaturating":
            return softplus(-fake).mean()
        case "minimax":
            return -softplus(fake).mean()
        case "least_squares":
            return (fake - 1).square().mean()
        case "hinge" | "wasserstein":
            return -fake.mean()
        case "clamped_hinge":
            return relu(1 - fake).mean()
        case "relativistic":
            if real is None:
                raise ValueError("the relativistic loss compares fakes with real samples")
            return softplus(real - fake).mean()


def logit_statistics(
    kind: Adversarial, real: Tensor, fake: Tensor, name: str = ""
) -> dict[str, Tensor]:
    """Return what to log of a discriminator: its logits' means, and how sure it is.

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
    """Compute how much an adversarial loss must count to pull as hard as a reconstruction loss.

    The ratio of their gradients' norms at the weights ``last`` of the decoder's last layer, at
    most 10,000, without gradient: Esser et al. 2021, eq. 7, with delta as their code has it.
    """
    (reconstruction,) = torch.autograd.grad(likelihood, last, retain_graph=True)
    (against,) = torch.autograd.grad(adversarial, last, retain_graph=True)
    weight: Tensor = reconstruction.float().norm() / (against.float().norm() + 1e-4)
    return weight.clamp(0.0, 1e4).detach()
