"""CMMD: a maximum mean discrepancy with a Gaussian kernel, in CLIP's features."""

from torch import Tensor

from pipeline.metrics.feature_sets import (
    check_features,
    squared_distances,
    squared_distances_within,
)

SIGMA = 10.0
SCALE = 1000.0


def cmmd(a: Tensor, b: Tensor) -> float:
    """Measure 1000 times the squared MMD of features [N, F] and [M, F] by a Gaussian kernel.

    mean of k(a, a') + mean of k(b, b') - 2 mean of k(a, b) with k(x, y) = exp(-|x - y|^2 / 200)
    (Jayasumana et al., "Rethinking FID", 2024, section 4, sigma 10). As in the authors' code all
    pairs count, those of a sample with itself too: 0 at least, and 0 for two equal sets. Published
    values are of CLIP ViT-L/14 at 336 pixels, embeddings brought to length 1, which is left to the
    caller. Memory is that of the features and of one block. Raises ValueError as `check_features`
    does.
    """
    check_features(a, b)
    squared = _mean_within(a) + _mean_within(b) - 2 * _mean_between(a, b)
    return SCALE * max(squared, 0.0)


def _mean_between(x: Tensor, y: Tensor) -> float:
    """Average the kernel over all pairs of [N, F] and [M, F]."""
    total = sum(_sum(squares) for _, _, squares in squared_distances(x, y))
    return total / (len(x) * len(y))


def _mean_within(x: Tensor) -> float:
    """Average the kernel over all pairs of [N, F], those of a vector with itself too."""
    total = float(len(x))
    for rows, columns, squares in squared_distances_within(x):
        total += _sum(squares) * (1 if columns == rows else 2)
    return total / len(x) ** 2


def _sum(squares: Tensor) -> float:
    return float(squares.mul_(-1 / (2 * SIGMA**2)).exp_().sum())
