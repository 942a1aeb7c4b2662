"""Perceptual distances: two samples in the features of a network trained to classify."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import l1_loss, normalize

WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
"""Weights of VGG19's five layers, as in the code of pix2pixHD and SPADE."""


def perceptual_l1(
    found: Sequence[Tensor], target: Sequence[Tensor], weights: Sequence[float] = WEIGHTS
) -> Tensor:
    """Sum the layers' mean absolute differences, each times its weight: a scalar.

    Johnson et al. 2016; Wang et al. 2018, section 3.3. Features of equal shapes, one tensor a
    layer.
    """
    distances = [
        weight * l1_loss(mine.float(), theirs.float())
        for weight, mine, theirs in zip(weights, found, target, strict=True)
    ]
    return torch.stack(distances).sum()


def normalised_distance(found: Sequence[Tensor], target: Sequence[Tensor]) -> Tensor:
    """Compare features [N, F, h, w] whose every place is brought to length 1: a scalar.

    Zhang et al. 2018, eq. 1, without learnt weights: squared differences are summed over channels,
    averaged over places and summed over layers.
    """
    distances = [
        (normalize(mine.float(), dim=1) - normalize(theirs.float(), dim=1))
        .square()
        .sum(dim=1)
        .mean()
        for mine, theirs in zip(found, target, strict=True)
    ]
    return torch.stack(distances).sum()
