"""Wasserstein-1 distances between sets of points: exactly, and sliced."""

import torch
from scipy.optimize import linear_sum_assignment
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


def wasserstein(x: Tensor, y: Tensor) -> float:
    """Compute the earth mover's distance between as many points [N, D] and [N, D].

    By the assignment of least cost, which is the best transport of equal masses (Birkhoff): of the
    order of N^3, a second at 1,000. Raises ValueError where they are not as many.
    """
    if len(x) != len(y):
        raise ValueError(f"expected as many of each, found {len(x)} and {len(y)} points")
    costs = torch.cdist(x.double(), y.double()).cpu().numpy()
    rows, columns = linear_sum_assignment(costs)
    return float(costs[rows, columns].mean())
