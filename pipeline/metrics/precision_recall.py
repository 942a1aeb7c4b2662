"""Precision and recall, density and coverage: samples in the neighbourhoods of others.

A sample's neighbourhood is the ball that reaches to its k-th nearest of its own set, the rim
included. Sources: Kynkaanniemi et al., "Improved precision and recall metric for assessing
generative models", 2019, eq. 1 and 2; Naeem et al., "Reliable fidelity and diversity metrics for
generative models", 2020, eq. 3 and 4. Distances are taken block by block: memory is that of the
features and of one block, the time grows with N x M x F.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.metrics.feature_sets import (
    check_features,
    squared_distances,
    squared_distances_within,
)


class PrecisionRecall(NamedTuple):
    """Shares, 0 to 1."""

    precision: float
    """Of samples that lie in a neighbourhood of the reference."""
    recall: float
    """Of the reference that lies in a neighbourhood of samples."""


class DensityCoverage(NamedTuple):
    """Fidelity and variety, by measures that outliers on either side change less than the above."""

    density: float
    """Neighbourhoods of the reference that a sample lies in, over k: 1 is what the reference itself
    would have, and more is possible."""
    coverage: float
    """Share of the reference's neighbourhoods that hold a sample, 0 to 1."""


def precision_recall(samples: Tensor, reference: Tensor, neighbours: int = 3) -> PrecisionRecall:
    """Measure precision and recall of samples [N, F] against a reference [M, F].

    ``neighbours``: the paper's k. Raises ValueError as `check_features` does, and for k or fewer
    samples on either side.
    """
    return PrecisionRecall(*map(_mean, precision_recall_each(samples, reference, neighbours)))


def precision_recall_each(
    samples: Tensor, reference: Tensor, neighbours: int = 3
) -> tuple[Tensor, Tensor]:
    """Tell which samples [N] lie in a neighbourhood of the reference, and which references [M] in
    one of samples: float64, 0 or 1. See `precision_recall`, whose values are their means.
    """
    check_features(samples, reference, least=neighbours + 1)
    sample_radii, reference_radii = (squared_radii(x, neighbours) for x in (samples, reference))
    precise = torch.zeros(len(samples), dtype=torch.bool, device=samples.device)
    recalled = torch.zeros(len(reference), dtype=torch.bool, device=samples.device)
    for rows, columns, squares in squared_distances(samples, reference):
        precise[rows] |= (squares <= reference_radii[columns]).any(dim=1)
        recalled[columns] |= (squares <= sample_radii[rows, None]).any(dim=0)
    return precise.double(), recalled.double()


def density_coverage(samples: Tensor, reference: Tensor, neighbours: int = 5) -> DensityCoverage:
    """Measure density and coverage of samples [N, F] against a reference [M, F].

    ``neighbours``: the paper's k. Raises ValueError as `check_features` does, and for k or fewer
    in the reference.
    """
    return DensityCoverage(*map(_mean, density_coverage_each(samples, reference, neighbours)))


def density_coverage_each(
    samples: Tensor, reference: Tensor, neighbours: int = 5
) -> tuple[Tensor, Tensor]:
    """Count the neighbourhoods that each sample lies in, over k, [N], and tell which of the
    reference's hold a sample, [M] of 0 or 1: float64. See `density_coverage`, whose values are
    their means.
    """
    check_features(samples, reference)
    check_features(reference, least=neighbours + 1)
    radii = squared_radii(reference, neighbours)
    covered = torch.zeros(len(reference), dtype=torch.bool, device=samples.device)
    inside = torch.zeros(len(samples), dtype=torch.float64, device=samples.device)
    for rows, columns, squares in squared_distances(samples, reference):
        balls = squares <= radii[columns]
        inside[rows] += balls.sum(dim=1)
        covered[columns] |= balls.any(dim=0)
    return inside / neighbours, covered.double()


def squared_radii(x: Tensor, neighbours: int) -> Tensor:
    """Compute each vector's squared distance to its k-th nearest other, [N] float64, of [N, F]."""
    nearest = torch.full((len(x), neighbours), torch.inf, dtype=torch.float64, device=x.device)
    for rows, columns, squares in squared_distances_within(x):
        _keep_nearest(nearest, rows, squares)
        if columns != rows:
            _keep_nearest(nearest, columns, squares.T)
    return nearest[:, -1]


def _keep_nearest(nearest: Tensor, rows: slice, squares: Tensor) -> None:
    """Merge squared distances [n, M] of the vectors ``rows`` into their k least, [N, k]."""
    known = torch.cat([nearest[rows], squares], dim=1)
    nearest[rows] = known.topk(nearest.shape[1], dim=1, largest=False).values


def _mean(values: Tensor) -> float:
    return float(values.mean())
