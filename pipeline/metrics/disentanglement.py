"""Whether single numbers of a code tell single factors of what was coded."""

import torch
from torch import Tensor

BINS = 20


def mutual_information_gap(codes: Tensor, factors: Tensor) -> float:
    """MIG of codes [N, Z] and the factors [N, F] that they are of: 0 to 1, higher is better.

    How much more the best number of the code tells of a factor than the second best does, as a
    share of the factor's entropy, averaged over factors (Chen et al. 2018, eq. 6). Both are cut
    into `BINS` equal parts of their ranges, as Locatello et al. 2019 do. Raises ValueError for
    codes of one number, and for factors that do not vary.
    """
    if codes.shape[1] < 2:
        raise ValueError("a gap needs codes of two numbers or more")
    gaps = []
    numbers = [binned(column) for column in codes.double().T]
    for column in factors.double().T:
        factor = binned(column)
        entropy = information(factor, factor)
        if entropy == 0:
            raise ValueError("a factor does not vary")
        told = torch.stack([information(number, factor) for number in numbers])
        best, second = told.topk(2).values
        gaps.append((best - second) / entropy)
    return float(torch.stack(gaps).mean())


def binned(values: Tensor) -> Tensor:
    """The part of its range in which each of values [N] lies, [N] int64."""
    low, high = values.min(), values.max()
    if low == high:
        return torch.zeros_like(values, dtype=torch.int64)
    return ((values - low) / (high - low) * BINS).long().clamp(max=BINS - 1)


def information(a: Tensor, b: Tensor) -> Tensor:
    """Mutual information of two columns of bins [N], in nats; a column's with itself is its
    entropy."""
    counts = torch.bincount(a * BINS + b, minlength=BINS**2).double()
    joint = (counts / len(a)).view(BINS, BINS)
    apart = joint.sum(dim=1, keepdim=True) * joint.sum(dim=0, keepdim=True)
    seen = joint > 0
    return (joint[seen] * (joint[seen] / apart[seen]).log()).sum()
