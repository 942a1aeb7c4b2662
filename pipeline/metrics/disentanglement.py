"""Disentanglement: single numbers of a code tell single factors."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BINS = 20
SPARSITY = 0.02  # weight of the lasso's penalty, for codes and factors of std 1


def mutual_information_gap(codes: Tensor, factors: Tensor) -> float:
    """Measure the MIG of codes [N, Z] of the factors [N, F]: 0 to 1, higher is better.

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


def dci(codes: Tensor, factors: Tensor) -> tuple[float, float]:
    """Measure disentanglement and completeness of codes [N, Z] of factors [N, F]: 0 to 1 (best).

    Eastwood & Williams 2018, section 2, with their linear regressor: a lasso predicts each factor
    from the code, and how much a number counts for a factor is the size of its weight.
    Disentanglement says how far each number counts for one factor only, completeness how far each
    factor is told by one number only. Raises ValueError for codes of one number, for less than two
    factors, and where the code tells nothing of any factor.
    """
    if min(codes.shape[1], factors.shape[1]) < 2:
        raise ValueError("expected codes of two numbers or more and two factors or more")
    weights = importance(codes, factors)
    if not weights.any():
        raise ValueError("the code tells nothing of any factor")
    return focus(weights), focus(weights.T)


def importance(codes: Tensor, factors: Tensor) -> NDArray[np.float64]:
    """Measure how much each number of codes [N, Z] counts for each of factors [N, F]: [Z, F]."""
    from sklearn.linear_model import Lasso

    x = standardised(codes)
    columns = [Lasso(alpha=SPARSITY).fit(x, y).coef_ for y in standardised(factors).T]
    weights: NDArray[np.float64] = np.abs(np.stack(columns, axis=1))
    return weights


def standardised(columns: Tensor) -> NDArray[np.float64]:
    """Bring each column of [N, K] to mean 0 and std 1, or to 0 where it does not vary."""
    x = columns.double().numpy()
    std = x.std(axis=0)
    result: NDArray[np.float64] = (x - x.mean(axis=0)) / np.where(std > 0, std, 1)
    return result


def focus(weights: NDArray[np.float64]) -> float:
    """Measure how far each row of weights [A, B] >= 0 has one entry: 1; 0 where all are equal.

    One less the rows' entropy to base B; rows count by their sums.
    """
    sums = weights.sum(axis=1)
    seen = weights[sums > 0]
    shares = seen / seen.sum(axis=1, keepdims=True)
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    alone = 1 + (shares * logs).sum(axis=1) / np.log(weights.shape[1])
    return float((alone * seen.sum(axis=1)).sum() / sums.sum())


def binned(values: Tensor) -> Tensor:
    """Find the part of their range in which each of values [N] lies, [N] int64."""
    low, high = values.min(), values.max()
    if low == high:
        return torch.zeros_like(values, dtype=torch.int64)
    return ((values - low) / (high - low) * BINS).long().clamp(max=BINS - 1)


def information(a: Tensor, b: Tensor) -> Tensor:
    """Measure the mutual information of two columns of bins [N], in nats.

    A column's with itself is its entropy.
    """
    counts = torch.bincount(a * BINS + b, minlength=BINS**2).double()
    joint = (counts / len(a)).view(BINS, BINS)
    apart = joint.sum(dim=1, keepdim=True) * joint.sum(dim=0, keepdim=True)
    seen = joint > 0
    return (joint[seen] * (joint[seen] / apart[seen]).log()).sum()
