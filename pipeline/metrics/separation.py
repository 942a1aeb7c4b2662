"""Separation of the numbers of a code: from each other, and in what they tell."""

import numpy as np
import torch
from torch import Tensor

THRESHOLD = 0.05  # of the largest variance: numbers of less are unused in FactorVAE's score


def sap(codes: Tensor, factors: Tensor) -> float:
    """Measure the SAP of codes [N, Z] of the factors [N, F]: 0 to 1, higher is better.

    Separated attribute predictability: how much better the best number of the code predicts a
    factor by a line than the second best does, in shares of its variance (R squared), averaged over
    factors (Kumar et al. 2018, section 3). A number that does not vary predicts nothing. Raises
    ValueError for codes of one number, and for factors that do not vary.
    """
    if codes.shape[1] < 2:
        raise ValueError("a gap needs codes of two numbers or more")
    if bool((factors == factors[:1]).all(dim=0).any()):
        raise ValueError("a factor does not vary")
    best, second = correlations(codes, factors).square().topk(2, dim=0).values
    return float((best - second).mean())


def offdiagonal_correlation(codes: Tensor) -> float:
    """Measure how far the numbers of codes [N, Z] are correlated: 0 none to 1 all.

    The mean of |correlation| over pairs of different numbers that vary; 0 where fewer than two do.
    Raises ValueError for codes of one number.
    """
    if codes.shape[1] < 2:
        raise ValueError("expected codes of two numbers or more")
    codes = codes[:, (codes != codes[:1]).any(dim=0)]
    count = codes.shape[1]
    if count < 2:
        return 0.0
    found = correlations(codes, codes).abs()
    return float((found.sum() - found.diagonal().sum()) / (count * (count - 1)))


def correlations(a: Tensor, b: Tensor) -> Tensor:
    """Compute the correlation of each column of [N, A] with each of [N, B]: [A, B], float64.

    0 of columns that do not vary.
    """
    x, y = (part.double() - part.double().mean(dim=0) for part in (a, b))
    norms = x.norm(dim=0)[:, None] * y.norm(dim=0)[None]
    return torch.where(norms > 1e-12, x.T @ y / norms.clamp(min=1e-12), 0.0)


def factor_vae_score(
    variances: Tensor, held: Tensor, total: Tensor, *, fitted: float = 0.5
) -> float:
    """Measure the FactorVAE score: the accuracy of telling the factor that was held still, 0 to 1.

    Kim & Mnih 2018, section 4. Each of M groups of samples agrees on one factor and varies in all
    others. The number of the code that varies least within it, by its variance over the whole data
    set, votes for that factor; what most votes of a number are for, on the first ``fitted`` of the
    groups, is what it predicts of the others.

    Args:
        variances: of each number within each group, [M, Z].
        held: the factor on which each group agrees, [M] int64.
        total: the variance of each number over the whole data set, [Z]. Numbers whose own is below
            `THRESHOLD` of the largest are unused (Locatello et al. 2019 leave out those below 0.05
            itself, the paper those whose posterior is the prior); 0 where none varies.
        fitted: the share of the groups that votes are counted on.

    Raises ValueError where a side has no group.
    """
    count = round(fitted * len(variances))
    if not 0 < count < len(variances):
        raise ValueError(f"expected groups on both sides, found {count} of {len(variances)}")
    used = (total > THRESHOLD * total.max()) & (total > 0)
    if not bool(used.any()):
        return 0.0
    least = (variances / total.clamp(min=1e-12)).masked_fill(~used, torch.inf).argmin(dim=1)
    factors = int(held.max()) + 1
    votes = torch.zeros(variances.shape[1], factors, dtype=torch.int64)
    votes.index_put_((least[:count], held[:count]), torch.tensor(1), accumulate=True)
    predicted = votes.argmax(dim=1)[least[count:]]
    return float((predicted == held[count:]).double().mean())


def group_variances(
    codes: Tensor, factors: Tensor, *, groups: int, size: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Draw groups of samples that agree on one factor, of a given set: what a score is made of.

    Takes codes [N, Z] of factors [N, F]. Returns the variance of each number within each group
    [groups, Z], and the factors on which they agree [groups]. Agreeing on a continuous factor is to
    be among the ``size`` samples that are nearest to one in it; where more agree exactly, ``size``
    of them are drawn. Raises ValueError where there are not ``size`` samples.
    """
    if not 2 <= size <= len(codes):
        raise ValueError(f"groups of {size} samples: found {len(codes)}")
    rng = np.random.default_rng(seed)
    held = torch.from_numpy(rng.integers(factors.shape[1], size=groups))
    variances = []
    for factor in held.tolist():
        order = torch.from_numpy(rng.permutation(len(codes)))
        values = factors[order, factor]
        near = (values - values[0]).abs().argsort(stable=True)[:size]
        variances.append(codes[order[near]].double().var(dim=0))
    return torch.stack(variances), held
