"""Kernel distance (KID, with Inception's features): a squared maximum mean discrepancy.

Binkowski, Sutherland, Arbel and Gretton, "Demystifying MMD GANs", 2018: unbiased at any number of
samples, where a Frechet distance of few samples is too high.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from pipeline.metrics.feature_sets import check_features

ROWS = 512  # of a block of kernel values


class KernelDistance(NamedTuple):
    """The mean over subsets, and the standard deviation (not the error of the mean) over them."""

    value: float
    std: float


def kernel_distance(
    a: Tensor, b: Tensor, subsets: int = 100, subset_size: int = 1000, seed: int = 2020
) -> KernelDistance:
    """Measure the unbiased squared MMD of features [N, F] and [M, F] by the cubic kernel.

    Averaged over subsets of both, drawn without replacement as torch-fidelity draws them: numpy's
    RandomState of ``seed``, ``a`` and ``b`` in turn. About 0 for two sets of one distribution, then
    below 0 as often as above. Subsets as large as the sets are all the same but for their order, so
    that their std says nothing.

    Raises:
        ValueError: sets that `check_features` refuses, no subset, or a ``subset_size`` below 2 or
            above N or M.
    """
    check_features(a, b, least=2)
    most = min(len(a), len(b))
    if subsets < 1 or not 2 <= subset_size <= most:
        raise ValueError(
            f"expected one subset or more of 2 to {most:,} samples (there are {len(a):,} and "
            f"{len(b):,}), not {subsets:,} of {subset_size:,}"
        )
    random = np.random.RandomState(seed)
    found = []
    for _ in range(subsets):
        x, y = (
            side[torch.from_numpy(random.choice(len(side), subset_size, replace=False))]
            for side in (a, b)
        )
        found.append(cubic_mmd(x, y))
    return KernelDistance(float(np.mean(found)), float(np.std(found)))


def cubic_mmd(x: Tensor, y: Tensor) -> float:
    """Compute the unbiased squared MMD of all of [N, F] and [M, F], block by block.

    mean over i != j of k(x_i, x_j) + mean over i != j of k(y_i, y_j) - 2 mean of k(x_i, y_j) with
    k(x, y) = (x.y / F + 1)^3 (section 2.1 and eq. 3 there). Products have the features' precision,
    float32 at least, and everything after them float64: in float32 the result is off by 1e-8 of
    itself or 1e-10.
    """
    x, y = (side if side.dtype == torch.float64 else side.float() for side in (x, y))
    between = sum(float(_cubic(rows, y).sum()) for rows in torch.split(x, ROWS))
    within = [_sum_of_pairs(side) / (len(side) * (len(side) - 1)) for side in (x, y)]
    return sum(within) - 2 * between / (len(x) * len(y))


def _sum_of_pairs(x: Tensor) -> float:
    """Add up k(x_i, x_j) over i != j; what lies right of a diagonal block counts for both sides."""
    total = 0.0
    for start in range(0, len(x), ROWS):
        kernel = _cubic(x[start : start + ROWS], x[start:])
        total += float(2 * kernel.sum() - kernel[:, :ROWS].sum() - kernel.diagonal().sum())
    return total


def _cubic(x: Tensor, y: Tensor) -> Tensor:
    kernel = (x @ y.T).double().div_(x.shape[1]).add_(1)
    return kernel.square().mul_(kernel)
