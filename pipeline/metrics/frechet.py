"""Frechet distance between two sets of features."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from pipeline.metrics.feature_sets import check_features

BLOCK = 4096  # rows that are held in float64 at once
COLUMNS = 512  # of a block of products


@dataclass(frozen=True)
class GaussianStatistics:
    """The Gaussian fitted to features [N, F], gathered batch by batch in memory of F^2 numbers."""

    count: int
    mean: Tensor
    """[F], float64."""
    scatter: Tensor
    """[F, F], float64: the sum of the outer products of deviations from the mean."""

    @property
    def covariance(self) -> Tensor:
        """The unbiased one, [F, F]."""
        return self.scatter / (self.count - 1)

    @classmethod
    def of(cls, features: Tensor) -> Self:
        """Compute the statistics of [N, F], N at least 1, on their device."""
        check_features(features)
        return cls.of_batches(torch.split(features, BLOCK))

    @classmethod
    def of_batches(cls, batches: Iterable[Tensor]) -> Self:
        """Compute the statistics of batches [N, F], each with N at least 1.

        Raises ValueError where there is none.
        """
        found: Self | None = None
        for batch in batches:
            x = batch.double()
            mean = x.mean(dim=0)
            x = x - mean
            statistics = cls(len(x), mean, products(x))
            found = statistics if found is None else found.plus(statistics)
        if found is None:
            raise ValueError("expected a batch of features, found none")
        return found

    def plus(self, other: Self) -> Self:
        """Return the statistics of both sets together (Chan, Golub and LeVeque 1979, eq. 2.1)."""
        count = self.count + other.count
        shift = other.mean - self.mean
        mean = self.mean + shift * (other.count / count)
        scatter = self.scatter + other.scatter
        scatter.addr_(shift, shift, alpha=self.count * other.count / count)
        return type(self)(count, mean, scatter)


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Measure the squared Frechet distance of Gaussians fitted to features [N, F] and [M, F].

    |m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^1/2) (Dowson & Landau 1982; Heusel et al. 2017). With
    the features of a classifier of ours it is called ``fd_features``; FID is the same with
    Inception's. Raises ValueError for fewer than two rows, for features of two sizes, and for
    values that are not finite.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError("a Frechet distance needs at least two samples on each side")
    check_features(a, b)
    if max(len(a), len(b)) > a.shape[1]:
        return distance_of(GaussianStatistics.of(a), GaussianStatistics.of(b))
    # With X, Y the centred rows over the roots of N - 1 and M - 1, S_a = X'X and S_b = Y'Y: the
    # roots of the eigenvalues of their product are the singular values of XY', [N, M].
    means = [x.mean(dim=0, dtype=torch.float64) for x in (a, b)]
    x, y = (
        (rows.double() - mean) / (len(rows) - 1) ** 0.5
        for rows, mean in zip((a, b), means, strict=True)
    )
    spread = x.square().sum() + y.square().sum() - 2 * torch.linalg.svdvals(x @ y.T).sum()
    return _total(means[0] - means[1], spread)


def distance_of(a: GaussianStatistics, b: GaussianStatistics) -> float:
    """Measure `frechet_distance` of two sets by their statistics, on one device.

    Raises ValueError for the statistics of fewer than two samples.
    """
    if min(a.count, b.count) < 2:
        raise ValueError("a Frechet distance needs at least two samples on each side")
    covariance_a, covariance_b = a.covariance, b.covariance
    # With S_a = RR', the product S_a S_b has the eigenvalues of R'S_b R, which is symmetric.
    root = square_root(covariance_a)
    eigenvalues = torch.linalg.eigvalsh(root.T @ covariance_b @ root).clamp(min=0)
    # Beyond the rank there is only rounding, whose root would be half the digits too large.
    rank = min(a.count - 1, b.count - 1, len(eigenvalues))
    roots = eigenvalues[len(eigenvalues) - rank :].sqrt()
    spread = covariance_a.trace() + covariance_b.trace() - 2 * roots.sum()
    return _total(a.mean - b.mean, spread)


def products(x: Tensor) -> Tensor:
    """Compute x'x, [F, F], of [N, F]: block by block, those above the diagonal only."""
    found = x.new_empty(x.shape[1], x.shape[1])
    for start in range(0, x.shape[1], COLUMNS):
        end = start + COLUMNS
        torch.mm(x[:, start:end].T, x[:, start:], out=found[start:end, start:])
        found[end:, start:end] = found[start:end, end:].T
    return found


def square_root(covariance: Tensor) -> Tensor:
    """Return some R [F, F] with RR' = ``covariance``: Cholesky's, or one by eigenvalues.

    The first takes a tenth of the time, the second is for matrices that are singular.
    """
    root: Tensor
    root, failed = torch.linalg.cholesky_ex(covariance)
    if failed:
        eigenvalues, vectors = torch.linalg.eigh(covariance)
        root = vectors * eigenvalues.clamp(min=0).sqrt()
    return root


def _total(shift: Tensor, spread: Tensor) -> float:
    """Add up both terms; of a set with itself the second would be rounding, of either sign."""
    return float(shift.square().sum() + spread.clamp(min=0))
