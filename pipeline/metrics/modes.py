"""Modes of a mixture of Gaussians that samples reach.

Metz et al. 2017 and Srivastava et al. 2017 (VEEGAN) count so: a sample is of high quality within
three standard deviations of a mode's mean, and of the mode that is nearest.
"""

from typing import NamedTuple

import torch
from torch import Tensor

WITHIN = 3.0
"""Standard deviations."""
LEAST = 0.005
"""Of all samples: the share that a mode needs to be covered."""


class Modes(NamedTuple):
    """The means [K, D] of a mixture's modes, and the standard deviation that all have."""

    means: Tensor
    std: float


def modes_of(points: Tensor, labels: Tensor) -> Modes:
    """Estimate the modes of points [N, D] from their labels [N]; raises ValueError without any.

    Every label from 0 to the largest must have a point.
    """
    if not len(points):
        raise ValueError("expected points of at least one mode, found none")
    points = points.double()
    means = torch.stack([points[labels == k].mean(dim=0) for k in range(int(labels.max()) + 1)])
    return Modes(means, float((points - means[labels]).square().mean().sqrt()))


def nearest_modes(x: Tensor, modes: Modes) -> tuple[Tensor, Tensor]:
    """Find the mode [N] that is nearest to each of the points [N, D], and whether it is within
    `WITHIN` standard deviations [N]."""
    distance, nearest = torch.cdist(x.double(), modes.means).min(dim=1)
    return nearest, distance <= WITHIN * modes.std


def mode_shares(x: Tensor, modes: Modes) -> Tensor:
    """Compute the share [K] of points [N, D] that each mode has, of those of high quality."""
    nearest, near = nearest_modes(x, modes)
    return torch.bincount(nearest[near], minlength=len(modes.means)) / max(1, len(x))


def modes_covered(x: Tensor, modes: Modes) -> int:
    """Count the modes that have at least `LEAST` of the points [N, D]."""
    return int((mode_shares(x, modes) >= LEAST).sum())


def high_quality(x: Tensor, modes: Modes) -> float:
    """Compute the share of points [N, D] within `WITHIN` standard deviations of a mode."""
    return float(nearest_modes(x, modes)[1].double().mean())
