"""Samples with whose they are, and of which classes."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Drawn(NamedTuple):
    """Samples, and the domain by whose statistics each is standardised."""

    x: Tensor  # [N, C, H, W]
    domains: list[str]
    labels: Tensor | None = None  # [N] int64, the classes that were asked for; None without


def by_domain(drawn: Drawn, function: Callable[[Tensor, str], Tensor]) -> Tensor:
    """Apply a function of samples and their domain to the samples of each, [N, ...] in order."""
    parts: dict[int, Tensor] = {}
    for domain in dict.fromkeys(drawn.domains):
        rows = [row for row, owner in enumerate(drawn.domains) if owner == domain]
        parts |= zip(rows, function(drawn.x[rows], domain), strict=True)
    return torch.stack([parts[row] for row in range(len(drawn.x))])
