"""Memorisation: whether samples lie nearer to the training samples than new data does.

A sampler that repeats its training set has the best Frechet distance there is (`docs/metrics.md`).
Held-out samples give it away: they are as far from the training samples as new data is. Sources:
Meehan, Chaudhuri and Dasgupta, "A non-parametric test to detect data-copying in generative
models", 2020, section 2 (distances to the nearest training sample, compared by rank); Yoon et al.,
"Diffusion probabilistic models generalize when they fail to memorize", 2023 (copies: a third of
the way to the second nearest). Distances are taken block by block, and parts of the training set
may come one after the other.
"""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.metrics.feature_sets import check_features, squared_distances

COPY = 1 / 3
"""A copy lies nearer to its nearest training sample than this share of the way to the second
nearest: the threshold of Yoon et al."""


class Nearest(NamedTuple):
    """Euclidean distances to the two nearest training samples."""

    first: Tensor  # [N] float64
    second: Tensor  # [N] float64, infinite where there is one training sample only


def nearest_two(x: Tensor, training: Iterable[Tensor]) -> Nearest:
    """Find the distances of vectors [N, F] to the two nearest of a training set's parts [M, F].

    Memory is that of the vectors, of one part and of one block of distances. Raises ValueError as
    `check_features` does, and where there is no part.
    """
    nearest = torch.full((len(x), 2), torch.inf, dtype=torch.float64, device=x.device)
    parts = 0
    for part in training:
        check_features(x, part)
        parts += 1
        for rows, _, squares in squared_distances(x, part):
            known = torch.cat([nearest[rows], squares], dim=1)
            nearest[rows] = known.topk(2, dim=1, largest=False).values
    if not parts:
        raise ValueError("expected at least one part of a training set")
    first, second = nearest.sqrt().unbind(dim=1)
    return Nearest(first, second)


def nearer_pairs(samples: Tensor, held_out: Tensor) -> Tensor:
    """Tell for each pair of a sample and a held-out one whether the sample is nearer to training.

    Of distances to the nearest training sample, [N] and [M]: float64 [N, M], 1 where the sample's
    is smaller, 1/2 where both are equal, else 0. The mean is the probability Delta_T of Meehan et
    al., the Mann-Whitney U over N M: 1/2 for new data, 1 for copies.
    """
    a, b = samples[:, None], held_out[None]
    return (a < b).double() + (a == b).double() / 2


def copies_each(nearest: Nearest, share: float = COPY) -> Tensor:
    """Tell which samples are copies of one training sample: float64 [N], 0 or 1.

    Those whose nearest is less than ``share`` as far as the second nearest, or at no distance at
    all. A training sample that is there twice hides near copies of it, but not exact ones.
    """
    # Distances are differences of large numbers: what is 0 comes out at the root of rounding.
    exact = nearest.first <= 1e-6 * nearest.second.nan_to_num(posinf=0).clamp(min=1e-6)
    return ((nearest.first < share * nearest.second) | exact).double()
