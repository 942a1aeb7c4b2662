"""Gradients of the minimax and the non-saturating loss of a generator, over logits."""

from collections.abc import Callable

import torch
from torch import Tensor

from pipeline.labs.findings import Finding, near
from pipeline.labs.plotting import label, panels
from pipeline.losses.adversarial import generator_loss

RANGE = torch.linspace(-10, 10, 201, dtype=torch.float64)
SURE = -10.0
"""A logit of a fake that the discriminator is sure of."""


def gradient_of_minimax(logits: Tensor) -> Tensor:
    """Compute d loss / d logit of E log(1 - D) at each of the logits [N]: -sigmoid(l)."""
    return gradients(lambda one: generator_loss("minimax", one), logits)


def gradient_of_nonsaturating(logits: Tensor) -> Tensor:
    """Compute d loss / d logit of the loss that is in use at each of the logits [N]:
    sigmoid(l) - 1."""
    return gradients(lambda one: generator_loss("nonsaturating", one), logits)


def gradients(loss: Callable[[Tensor], Tensor], logits: Tensor) -> Tensor:
    """Differentiate a mean loss for each of the logits [N]."""
    logits = logits.detach().clone().requires_grad_()
    (found,) = torch.autograd.grad(loss(logits) * len(logits), logits)
    return found


def find() -> Finding:
    """Compare the gradients where the discriminator is sure, and where it is not."""
    sure, unsure = torch.tensor([SURE], dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    figure, (axes,) = panels(["Gradient by the logit of a fake"])
    axes.plot(RANGE, gradient_of_minimax(RANGE), label="minimax: log(1 - D)")
    axes.plot(RANGE, gradient_of_nonsaturating(RANGE), label="non-saturating: -log D")
    label(axes, "logit (below 0: taken for a fake)", "d loss / d logit")
    return Finding(
        "generator_losses",
        "What a generator learns from a discriminator that is sure",
        "In the minimax game the generator minimises log(1 - D), whose gradient vanishes where the "
        "discriminator is sure of a fake: just where there is most to learn. The non-saturating "
        "loss, -log D, has the same fixed point and its full gradient there (Goodfellow et al. "
        "2014, section 3). Both by automatic differentiation of the losses.",
        [
            near("minimax at logit -10", float(gradient_of_minimax(sure)), -4.5398e-5, 1e-8),
            near("non-saturating at -10", float(gradient_of_nonsaturating(sure)), -0.99995, 1e-5),
            near("minimax at logit 0", float(gradient_of_minimax(unsure)), -0.5, 1e-12),
            near("non-saturating at 0", float(gradient_of_nonsaturating(unsure)), -0.5, 1e-12),
        ],
        figure,
        "The two are mirror images: one learns from fakes that pass, the other from those that "
        "don't.",
    )
