"""Augmentation of each sample with a probability (ADA, Karras et al. 2020a, section 2.2).

Each kind alters a sample with probability p, apart from the others. As long as p is below 0.8 or
so, what samples look like unaltered can be told from how altered ones are spread, so the generator
is not led to make altered ones: the augmentation does not leak.
"""

from typing import Literal

import torch
from torch import Tensor

from pipeline.nn.diffaugment import holed, recoloured, shifted

AdaptiveKind = Literal["flip", "rotation", "translation", "scale", "colour", "cutout"]

SCALE_STD = 0.2  # of the logarithm, to base 2, of how much larger a sample gets


def augment_with_probability(
    kinds: tuple[AdaptiveKind, ...], p: Tensor, *halves: Tensor
) -> tuple[Tensor, ...]:
    """Alter samples [N, C, H, W], each kind with probability ``p``, a scalar on their device.

    Row n of each of the ``halves`` is altered in the same way. Nothing waits for the device.
    """
    for kind in kinds:
        x = halves[0]
        chosen = torch.rand(len(x), 1, 1, 1, device=x.device) < p
        altered = alter(kind, *halves)
        halves = tuple(
            torch.where(chosen, after, before)
            for before, after in zip(halves, altered, strict=True)
        )
    return halves


def alter(kind: AdaptiveKind, *halves: Tensor) -> tuple[Tensor, ...]:
    """Alter every sample at random; row n of each of the ``halves`` in the same way."""
    match kind:
        case "flip":
            return flipped(*halves)
        case "rotation":
            return turned(*halves)
        case "translation":
            return shifted(*halves)
        case "scale":
            return rescaled(*halves)
        case "colour":
            return recoloured(*halves)
        case "cutout":
            return holed(*halves)


def flipped(*halves: Tensor) -> tuple[Tensor, ...]:
    """Mirror half of the samples left to right."""
    x = halves[0]
    mirrored = torch.rand(len(x), 1, 1, 1, device=x.device) < 0.5
    return tuple(torch.where(mirrored, x.flip(3), x) for x in halves)


def turned(*halves: Tensor) -> tuple[Tensor, ...]:
    """Turn samples by 0, 90, 180 or 270 degrees, where they are no squares by 0 or 180."""
    x = halves[0]
    quarters = torch.randint(4, (len(x), 1, 1, 1), device=x.device)

    def turn(x: Tensor) -> Tensor:
        x = torch.where(quarters >= 2, x.flip((2, 3)), x)
        if x.shape[2] != x.shape[3]:
            return x
        return torch.where(quarters % 2 == 1, torch.rot90(x, 1, (2, 3)), x)

    return tuple(map(turn, halves))


def rescaled(*halves: Tensor, std: float = SCALE_STD) -> tuple[Tensor, ...]:
    """Enlarge samples about their middle 2^(std n)-fold, n of a normal distribution each.

    Between pixels lines are interpolated; what comes in from outside is 0. Two products of matrices
    in place of sampling, whose gradients a GPU does not repeat bit for bit.
    """
    x = halves[0]
    factors = torch.exp2(std * torch.randn(len(x), device=x.device))
    rows, columns = (interpolation(factors, side) for side in x.shape[2:])

    def scale(x: Tensor) -> Tensor:
        y: Tensor = rows[:, None] @ x.float() @ columns[:, None].transpose(2, 3)
        return y.to(x.dtype)

    return tuple(map(scale, halves))


def interpolation(factors: Tensor, side: int) -> Tensor:
    """Build matrices [N, side, side] that enlarge vectors of ``side`` numbers ``factors``-fold.

    Row i weighs the two numbers beside the place that number i comes from.
    """
    places = torch.arange(side, device=factors.device)
    middle = (side - 1) / 2
    sources = (places - middle) / factors[:, None] + middle  # [N, side]
    return (1 - (sources[:, :, None] - places).abs()).clamp(min=0)
