"""Leaky ReLU that keeps the variance of its input (Karras et al. 2020)."""

import math

from torch import Tensor
from torch.nn.functional import leaky_relu

SLOPE = 0.2


def scaled_leaky_relu(x: Tensor, clamp: float | None = None) -> Tensor:
    """Compute sqrt(2) times the leaky ReLU, within +-``clamp`` where one is given: same shape."""
    y = leaky_relu(x, SLOPE) * math.sqrt(2)
    return y if clamp is None else y.clamp(-clamp, clamp)
