"""Telling the place that a thing came from among others."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize


def patch_nce(queries: Tensor, keys: Tensor, temperature: float = 0.07) -> Tensor:
    """Compute a scalar that falls as each query grows like the key of its own place and no other.

    Queries and keys [N, P, D] of P places in each of N samples; a sample's other places are the
    negatives. Cross-entropy over cosines / ``temperature`` (Park et al. 2020, eq. 3 and 5). No
    gradient reaches the keys.
    """
    queries, keys = normalize(queries, dim=2), normalize(keys.detach(), dim=2)
    cosines = torch.bmm(queries, keys.transpose(1, 2)) / temperature  # [N, P, P]
    places = torch.arange(queries.shape[1], device=queries.device).expand(len(queries), -1)
    return cross_entropy(cosines.flatten(0, 1), places.flatten())
