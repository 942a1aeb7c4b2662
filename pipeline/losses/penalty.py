"""Penalties on a discriminator: on its gradients with respect to its input, and on its changes.

Those of gradients take the discriminator as a function of samples, so that its condition and its
labels stay what they are. Call them with autocast off: they differentiate gradients.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import relu

Logits = Callable[[Tensor], Tensor]
"""Samples [N, ...] -> logits, any number a sample."""


def input_gradients(logits_of: Logits, x: Tensor) -> Tensor:
    """Compute the gradient of each sample's summed logits: [N, ...] -> the same, differentiable."""
    x = x.detach().float().requires_grad_()
    (gradient,) = torch.autograd.grad(logits_of(x).float().sum(), x, create_graph=True)
    return gradient


def interpolate(real: Tensor, fake: Tensor) -> Tensor:
    """Draw a point on the line between each real sample and a fake one: [N, ...].

    One uniform number a sample (Gulrajani et al. 2017, algorithm 1).
    """
    share = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)
    return torch.lerp(fake.detach().float(), real.detach().float(), share)


def gradient_penalty(
    logits_of: Logits, x: Tensor, *, target: float = 1.0, one_sided: bool = False
) -> tuple[Tensor, Tensor]:
    """Compute E (|gradient| - target)^2 at samples ``x``, and the mean norm: scalars.

    Gulrajani et al. 2017 (WGAN-GP), eq. 3, at the points of `interpolate`. ``one_sided``: only
    norms above ``target`` count (Petzka et al. 2018).
    """
    norms = input_gradients(logits_of, x).flatten(1).norm(dim=1)
    excess = norms - target
    if one_sided:
        excess = relu(excess)
    return excess.square().mean(), norms.mean()


def zero_centred_penalty(logits_of: Logits, x: Tensor) -> tuple[Tensor, Tensor]:
    """Compute E |gradient|^2 at samples ``x``, and the mean norm: scalars.

    R1 at real samples, R2 at fakes (Mescheder et al. 2018, eq. 9 and 10), without their gamma / 2.
    """
    squares = input_gradients(logits_of, x).flatten(1).square().sum(dim=1)
    return squares.mean(), squares.sqrt().mean()


def consistency(before: Sequence[Tensor], after: Sequence[Tensor]) -> Tensor:
    """Compute E |D(x) - D(T(x))|^2 of the logits of samples and of altered ones: a scalar.

    Zhang et al. 2020 (CR-GAN), eq. 4. One tensor of logits a discriminator; they are averaged.
    """
    return torch.stack([(y - z).square().mean() for y, z in zip(before, after, strict=True)]).mean()


def off_diagonal_penalty(weight: Tensor) -> Tensor:
    """Compute the squared inner products of different filters of weights [outputs, ...]: a scalar.

    Brock et al. 2019 (BigGAN), eq. 3: |W W^T * (1 - I)|_F^2, which leaves the filters' lengths
    free.
    """
    rows = weight.flatten(1)
    products = rows @ rows.T
    return (products - products.diagonal().diag()).square().sum()
