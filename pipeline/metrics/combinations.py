"""Combinations: whether values of factors occur together as often as independent ones would.

Of a sampler that never saw a black horse facing left: it saw black horses, and horses facing left,
and has understood both apart where its samples have them together.
"""

import torch
from torch import Tensor

from pipeline.metrics.bootstrap import RESAMPLES, Interval


def combination_share(has: Tensor) -> float:
    """Measure the share of items that have all values, of ``has`` [N, F]: which has which value.

    Raises ValueError for what is no bool [N, F] of an item or more.
    """
    return float(_checked(has).all(dim=1).double().mean())


def combination_ratio(has: Tensor) -> float:
    """Measure that share over the product of the values' own shares, of ``has`` [N, F].

    1 of independent values, 0 where they never meet, and NaN where a value does not occur at all.
    Raises ValueError as `combination_share` does.
    """
    margins = float(_checked(has).double().mean(dim=0).prod())
    return combination_share(has) / margins if margins else float("nan")


def ratio_interval_of(
    has: Tensor, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """Find the interval of `combination_ratio` by bootstrap over items.

    None for one item, or where a value does not occur; draws without one are left out. Raises
    ValueError as `combination_share` does.
    """
    items = _checked(has).double().cpu()
    count = len(items)
    if count == 1 or not bool(items.any(dim=0).all()):
        return None
    together = items.prod(dim=1, keepdim=True)
    counted = torch.cat([items, together], dim=1)  # [N, F + 1]
    generator = torch.Generator().manual_seed(seed)
    found = []
    for _ in range(resamples):
        shares = counted[torch.randint(count, (count,), generator=generator)].mean(dim=0)
        if (margins := float(shares[:-1].prod())) > 0:
            found.append(float(shares[-1]) / margins)
    tail = (1 - level) / 2
    ends = torch.tensor([tail, 1 - tail], dtype=torch.float64)
    low, high = torch.tensor(found, dtype=torch.float64).quantile(ends).tolist()
    return Interval(low, high)


def _checked(has: Tensor) -> Tensor:
    if has.ndim != 2 or has.dtype != torch.bool or not has.numel():
        raise ValueError(f"expected bool [N, F], found {has.dtype} {list(has.shape)}")
    return has
