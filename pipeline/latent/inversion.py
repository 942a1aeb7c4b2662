"""Inversion: the latents whose samples are nearest to given ones, by search.

As StyleGAN2's projector (Karras et al. 2020, appendix D): Adam on the latent, with a rate that
rises over the first 5 % of the steps and falls by a cosine over the last 25 %, and noise on the
latent that falls to 0 over the first 75 %. Its maps of noise are left as the model keeps them. In
place of LPIPS stand the squared error of values and, where a classifier is given, of its features.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Adam

from pipeline.latent.spaces import AT_ONCE, Space

RISE, FALL, NOISE_END = 0.05, 0.25, 0.75
"""Shares of the steps: the rate rises, it falls, there is noise."""


@dataclass(frozen=True)
class Inversion:
    """Latents that were found, and how near they lead."""

    latents: Tensor
    """[N, *shape]."""
    distances: Tensor
    """[N]: the mean squared error of values, plus that of features where they count."""


def invert(
    space: Space,
    x: Tensor,
    *,
    steps: int = 500,
    starts: int = 4,
    lr: float = 0.1,
    noise: float = 0.05,
    features: Callable[[Tensor], Tensor] | None = None,
    feature_weight: float = 1.0,
    seed: int = 0,
    watch: Callable[[int, float], None] = lambda step, distance: None,
) -> Inversion:
    """Find the latents of samples [N, C, H, W]; the best of several starts counts for each.

    The first start is what an encoder says, where there is one, else the mean of draws; the others
    are drawn. Latents stay typical of draws (`Space.typical`).

    Args:
        space: where to look: z, w, or w+ with a w for each layer.
        x: what to find, as the model's samples are.
        steps: of each start.
        starts: how many.
        lr: the highest learning rate.
        noise: standard deviation of the first noise on each number, as a share of the root mean
            square distance of draws from their mean.
        features: of samples, [N, F], such as `Classifier.features`.
        feature_weight: of their squared error, relative to their squares.
        seed: of starts and noise.
        watch: is told the step, over all samples, and the mean distance.
    """
    together = max(1, AT_ONCE // starts)
    found, distances = [], []
    for number, some in enumerate(torch.split(x.to(space.device), together)):
        loss = _loss(some, starts, features, feature_weight)
        first = beginnings(space, some, starts, seed + number)

        def told(step: int, distance: float, before: int = number * steps) -> None:
            watch(before + step, distance)

        latents = searched(space, first, loss, steps, lr, noise, seed + number, told)
        with torch.no_grad():
            by_start = loss(space.decode(latents)).reshape(starts, len(some))
        best = by_start.argmin(dim=0)
        at = torch.arange(len(some), device=best.device)
        found.append(latents.reshape(starts, len(some), *latents.shape[1:])[best, at])
        distances.append(by_start[best, at])
    return Inversion(torch.cat(found), torch.cat(distances))


def passes(n: int, starts: int, steps: int) -> int:
    """Return how many steps ``watch`` of `invert` counts for ``n`` samples."""
    return steps * math.ceil(n / max(1, AT_ONCE // starts))


def beginnings(space: Space, x: Tensor, starts: int, seed: int) -> Tensor:
    """Return where to begin, [starts * N, *shape], a start of all samples after the other."""
    if space.encodes:
        first = space.encode(x)
    else:
        first = space.mean()[None].repeat(len(x), *[1] * len(space.shape))
    if starts == 1:
        return first
    if space.kind == "code":  # of which nothing can be drawn: what it says, disturbed
        generator = torch.Generator().manual_seed(seed)
        scale = first.std() if len(first) > 1 else first.abs().mean()
        around = torch.randn((starts - 1) * len(x), *first.shape[1:], generator=generator)
        return torch.cat([first, first.repeat(starts - 1, 1) + scale * around.to(first)])
    return torch.cat([first, space.draw((starts - 1) * len(x), seed)])


def searched(
    space: Space,
    first: Tensor,
    loss: Callable[[Tensor], Tensor],
    steps: int,
    lr: float,
    noise: float,
    seed: int,
    watch: Callable[[int, float], None],
) -> Tensor:
    """Lower the loss [M] of what latents [M, *shape] decode to, from ``first`` on."""
    generator = torch.Generator().manual_seed(seed)
    reach = noise * (0.0 if space.kind == "code" else space.radius())
    with torch.enable_grad():
        latents = first.detach().clone().requires_grad_()
        optimizer = Adam([latents], lr=lr, betas=(0.9, 0.999))
        for step in range(steps):
            share = step / steps
            for group in optimizer.param_groups:
                group["lr"] = lr * rate_at(share)
            std = reach * max(0.0, 1 - share / NOISE_END) ** 2
            shaken = latents
            if std:
                shaken = latents + std * torch.randn(latents.shape, generator=generator).to(latents)
            distances = loss(space.decode(shaken))
            (latents.grad,) = torch.autograd.grad(distances.sum(), latents)
            optimizer.step()
            with torch.no_grad():
                latents.copy_(space.typical(latents))
            watch(step + 1, float(distances.detach().mean()))
    return latents.detach()


def rate_at(share: float) -> float:
    """Return the learning rate at a ``share`` of the steps, as a share of the highest."""
    ramp = min(1.0, (1 - share) / FALL)
    return (0.5 - 0.5 * math.cos(math.pi * ramp)) * min(1.0, share / RISE)


def _loss(
    x: Tensor, starts: int, features: Callable[[Tensor], Tensor] | None, weight: float
) -> Callable[[Tensor], Tensor]:
    """Return the distance [starts * N] of samples [starts * N, C, H, W] from ``x`` [N, ...]."""
    target = x.repeat(starts, *[1] * (x.dim() - 1))
    with torch.no_grad():
        seen = None if features is None else features(target)

    def distance(y: Tensor) -> Tensor:
        found = (y - target).square().flatten(1).mean(dim=1)
        if features is not None and seen is not None:
            apart = (features(y) - seen).square().sum(dim=1)
            found = found + weight * apart / seen.square().sum(dim=1).clamp(min=1e-9)
        return found

    return distance
