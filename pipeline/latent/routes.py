"""Routes through latents: from one stop to the next, and on."""

import torch
from torch import Tensor

from pipeline.latent.spaces import Space


def interpolate(space: Space, stops: Tensor, count: int) -> Tensor:
    """Return ``count`` latents [count, *shape] from the first of ``stops`` [K, *shape] to the last.

    Each way from a stop to the next takes an equal part of the count, and is the space's own: an
    arc in z, a straight line elsewhere. Raises ValueError for less than two stops or latents.
    """
    if min(len(stops), count) < 2:
        raise ValueError(f"expected two stops and two latents or more: {len(stops)} and {count}")
    at = torch.linspace(0, len(stops) - 1, count, dtype=torch.float64)
    leg = at.floor().long().clamp(max=len(stops) - 2)
    ways = [
        space.way(stops[number], stops[number + 1], (at[leg == number] - number))
        for number in range(len(stops) - 1)
    ]
    return torch.cat(ways)
