"""Densities on a line by quadrature: divergences of what is tabulated."""

import math

import torch
from torch import Tensor


def places(low: float, high: float, count: int) -> Tensor:
    """Return ``count`` places evenly over [low, high], float64."""
    return torch.linspace(low, high, count, dtype=torch.float64)


def gaussian(x: Tensor, mean: float | Tensor, std: float | Tensor) -> Tensor:
    """Compute the density of a Gaussian at places [N]."""
    return torch.exp(log_gaussian(x, mean, std))


def log_gaussian(x: Tensor, mean: float | Tensor, std: float | Tensor) -> Tensor:
    """Compute the logarithm of a Gaussian's density at places [N]."""
    std = torch.as_tensor(std, dtype=x.dtype)
    return -0.5 * ((x - mean) / std).square() - std.log() - 0.5 * math.log(2 * math.pi)


def kl(p: Tensor, q: Tensor, step: float = 1.0) -> Tensor:
    """Compute KL(p || q) of densities [N] at places ``step`` apart, in nats: a scalar.

    Infinite where q is 0 and p is not. ``step`` 1: shares.
    """
    return step * (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


def jensen_shannon(p: Tensor, q: Tensor, step: float = 1.0) -> Tensor:
    """Compute the Jensen-Shannon divergence, from 0 to log 2 nats: a scalar (Lin 1991)."""
    middle = (p + q) / 2
    return (kl(p, middle, step) + kl(q, middle, step)) / 2
