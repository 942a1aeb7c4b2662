"""Wasserstein-1 distances between sets of points: on a line exactly, elsewhere sliced."""

import torch
from torch import Generator, Tensor

DIRECTIONS = 64


def wasserstein_1d(x: Tensor, y: Tensor) -> Tensor:
    """Compute the earth mover's distance between points [..., N] and [..., M] of lines: [...].

    The area between the two distribution functions (Vallender 1974), the same as the mean distance
    of points in order where there are as many of each.
    """
    x, y = x.double().sort(dim=-1).values, y.double().sort(dim=-1).values
    if x.shape[-1] == y.shape[-1]:
        return (x - y).abs().mean(dim=-1)
    places = torch.cat([x, y], dim=-1).sort(dim=-1).values
    of_x, of_y = (
        torch.searchsorted(points, places[..., :-1].contiguous(), right=True) / points.shape[-1]
        for points in (x.contiguous(), y.contiguous())
    )
    return ((of_x - of_y).abs() * places.diff(dim=-1)).sum(dim=-1)


def sliced_wasserstein(x: Tensor, y: Tensor, directions: int = DIRECTIONS) -> float:
    """Compute the mean of `wasserstein_1d` over ``directions`` of a fixed seed.

    Bonneel et al. 2015, of points [N, D] and [M, D]; of one coordinate it is the distance itself.
    """
    if x.shape[1] == 1:
        return float(wasserstein_1d(x[:, 0], y[:, 0]))
    drawn = torch.randn(
        directions, x.shape[1], generator=Generator().manual_seed(0), dtype=torch.float64
    )
    unit = drawn / drawn.norm(dim=1, keepdim=True)
    return float(wasserstein_1d(unit @ x.double().cpu().T, unit @ y.double().cpu().T).mean())
