"""Bootstrap intervals: how far a mean could have been another with other test items.

Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13 (percentile intervals).
They tell of the choice of items alone, not of training runs.
"""

from typing import NamedTuple

import torch
from torch import Tensor

RESAMPLES = 2000
CHUNK = 2**22  # indices drawn at once


class Interval(NamedTuple):
    """The two ends."""

    low: float
    high: float


def bootstrap_interval(
    values: Tensor, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """Find the interval of the mean of values [N], or None for one value.

    ``level`` is the share of resampled means within. The same at every call with the same
    arguments. Raises ValueError for what is no [N] of N at least 1 finite numbers.
    """
    return ratio_interval(values, torch.ones_like(values), level, resamples, seed)


def ratio_interval(
    numerators: Tensor,
    denominators: Tensor,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval | None:
    """Find the interval of the sum of numerators [N] over that of denominators [N].

    Of word errors and words, say: an item is drawn with both. None for one item. Draws without any
    denominator are left out.

    Raises:
        ValueError: no two [N] with N at least 1, a value that is not finite, a denominator below
            0, or none above.
    """
    if numerators.ndim != 1 or numerators.shape != denominators.shape or not len(numerators):
        shown = f"{list(numerators.shape)}, {list(denominators.shape)}"
        raise ValueError(f"expected values [N], N at least 1, found {shown}")
    pairs = torch.stack([numerators.double(), denominators.double()]).cpu()
    if not torch.isfinite(pairs).all() or pairs[1].min() < 0 or not pairs[1].any():
        raise ValueError("expected finite values, and denominators not below 0 nor all 0")
    count = len(numerators)
    if count == 1:
        return None
    generator = torch.Generator().manual_seed(seed)
    sums = []
    for start in range(0, resamples, rows := max(1, CHUNK // count)):
        shape = (min(rows, resamples - start), count)
        drawn = torch.randint(count, shape, generator=generator)
        sums.append(torch.stack([values[drawn].sum(dim=1) for values in pairs]))
    above, below = torch.cat(sums, dim=1)
    ratios = (above / below)[below > 0]
    tail = (1 - level) / 2
    low, high = ratios.quantile(torch.tensor([tail, 1 - tail], dtype=ratios.dtype)).tolist()
    return Interval(low, high)


def pair_interval(
    values: Tensor, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """Find the interval of the mean over pairs of two sets, of values [N, M] of each pair.

    Both sets are drawn anew, each item with all of its pairs: a U-statistic's interval. None where
    either has one item. Raises ValueError for what is no [N, M] of N and M at least 1 finite
    numbers.
    """
    if values.ndim != 2 or not values.numel():
        raise ValueError(f"expected values [N, M], N and M at least 1, found {list(values.shape)}")
    pairs = values.double().cpu()
    if not torch.isfinite(pairs).all():
        raise ValueError("expected finite values")
    rows, columns = pairs.shape
    if min(rows, columns) == 1:
        return None
    generator = torch.Generator().manual_seed(seed)
    means = []
    for start in range(0, resamples, at_once := max(1, CHUNK // max(rows, columns))):
        count = min(at_once, resamples - start)
        first, second = (_draws(count, size, generator) for size in (rows, columns))
        means.append(((first @ pairs) * second).sum(dim=1) / (rows * columns))
    tail = (1 - level) / 2
    ends = torch.tensor([tail, 1 - tail], dtype=pairs.dtype)
    low, high = torch.cat(means).quantile(ends).tolist()
    return Interval(low, high)


def _draws(count: int, size: int, generator: torch.Generator) -> Tensor:
    """Draw how often each of ``size`` items is in each of ``count`` resamples, float64."""
    drawn = torch.randint(size, (count, size), generator=generator)
    ones = torch.ones(count, size, dtype=torch.float64)
    return torch.zeros(count, size, dtype=torch.float64).scatter_add_(1, drawn, ones)
