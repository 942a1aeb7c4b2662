"""Layers that let a discriminator see how alike the samples of a batch are.

A generator that makes one sample over and over passes for a discriminator that sees each alone.
"""

from typing import Literal

import torch
from torch import Tensor, nn

Minibatch = Literal["none", "discrimination", "deviation"]

KERNELS = 100
DIMS = 5


def minibatch_layer(kind: Minibatch, features: int) -> tuple[nn.Module, int]:
    """Build a layer of features [N, F], and count those that it hands on."""
    match kind:
        case "none":
            return nn.Identity(), features
        case "discrimination":
            return MinibatchDiscrimination(features), features + KERNELS
        case "deviation":
            return BatchDeviation(), features + 1


class MinibatchDiscrimination(nn.Module):
    """Says of each sample how near the others of its batch are (Salimans et al. 2016, 3.2)."""

    def __init__(self, features: int, kernels: int = KERNELS, dims: int = DIMS) -> None:
        """Take the number of features, of kernels B and of dimensions C a kernel.

        The directions of the projections begin with length 1, as in the published code, whose
        first scale follows the data.
        """
        super().__init__()
        self.projection = nn.Linear(features, kernels * dims, bias=False)
        nn.init.normal_(self.projection.weight, 0.0, features**-0.5)
        self.kernels, self.dims = kernels, dims

    def forward(self, x: Tensor) -> Tensor:
        """Map features [N, F] to [N, F + B]: behind them o(x_i)_b, the sum over the other samples j
        of exp(-|M_ib - M_jb|_1), where M = x T is [N, B, C]."""
        rows = self.projection(x).float().unflatten(1, (self.kernels, self.dims))
        distances = (rows[:, None] - rows[None]).abs().sum(dim=3)  # [N, N, B]
        nearness = (-distances).exp().sum(dim=1) - 1  # without the sample itself
        return torch.cat([x, nearness.to(x.dtype)], dim=1)


class BatchDeviation(nn.Module):
    """Says how much the features vary over the batch (Karras et al. 2018, section 3)."""

    def forward(self, x: Tensor) -> Tensor:
        """Map features [N, F] to [N, F + 1]: behind them their mean standard deviation."""
        return with_batch_std(x)


def with_batch_std(x: Tensor, group: int | None = None) -> Tensor:
    """Add to [N, C, ...] a channel that says how much the batch varies: [N, C + 1, ...].

    Karras et al. 2018, section 3, over groups of at most so many samples, one number each; N
    divides into groups of equal size, each of every n-th sample. None: the whole batch is one.
    ``group`` is of maps [N, C, h, w] alone.
    """
    if group is None:
        std = (x.float().var(dim=0, correction=0) + 1e-8).sqrt().mean()
        return torch.cat([x, std.to(x.dtype).expand(len(x), 1, *x.shape[2:])], dim=1)
    count = len(x)
    size = next(each for each in range(min(group, count), 0, -1) if count % each == 0)
    groups = x.float().view(size, count // size, *x.shape[1:])
    std = (groups.var(dim=0, correction=0) + 1e-8).sqrt().mean(dim=(1, 2, 3))  # a number a group
    maps = std.to(x.dtype).repeat(size)[:, None, None, None].expand(-1, 1, *x.shape[2:])
    return torch.cat([x, maps], dim=1)
