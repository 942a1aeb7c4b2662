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

from pipeline.metrics.feature_sets import check_features, squared_distances


class PrecisionRecall(NamedTuple):
    """Shares, 0 to 1."""

    precision: float
    """Of samples that lie in a neighbourhood of the reference."""
    recall: float
    """Of the reference that lies in a neighbourhood of samples."""


class DensityCoverage(NamedTuple):
    """What outliers among the reference or the samples change less than precision and recall."""

    density: float
    """In how many neighbourhoods of the reference a sample lies, over k: 1 is what the reference
    itself would have, and more is possible."""
    coverage: float
    """Share of the reference's neighbourhoods that hold a sample, 0 to 1."""


def precision_recall(samples: Tensor, reference: Tensor, neighbours: int = 3) -> PrecisionRecall:
    """Measure precision and recall of samples [N, F] against a reference [M, F].

    ``neighbours``: the paper's k. Raises ValueError as `check_features` does, and for k or fewer
    samples on either side.
    """
    check_features(samples, reference, least=neighbours + 1)
    precise, _ = memberships(samples, reference, squared_radii(reference, neighbours))
    recalled, _ = memberships(reference, samples, squared_radii(samples, neighbours))
    return PrecisionRecall(_share(precise), _share(recalled))


def density_coverage(samples: Tensor, reference: Tensor, neighbours: int = 5) -> DensityCoverage:
    """Measure density and coverage of samples [N, F] against a reference [M, F].

    ``neighbours``: the paper's k. Raises ValueError as `check_features` does, and for k or fewer
    in the reference.
    """
    check_features(samples, reference)
    check_features(reference, least=neighbours + 1)
    balls, members = memberships(samples, reference, squared_radii(reference, neighbours))
    return DensityCoverage(float(balls.double().mean()) / neighbours, _share(members))


def squared_radii(x: Tensor, neighbours: int) -> Tensor:
    """Compute each vector's squared distance to its k-th nearest other, [N] float64, of [N, F]."""
    found = []
    nearest = torch.empty(0)
    for rows, columns, squares in squared_distances(x, x):
        ours = torch.arange(rows.start, rows.stop, device=x.device)[:, None]
        theirs = torch.arange(columns.start, columns.stop, device=x.device)
        squares.masked_fill_(ours == theirs, torch.inf)
        known = squares if columns.start == 0 else torch.cat([nearest, squares], dim=1)
        nearest = known.topk(min(neighbours, known.shape[1]), dim=1, largest=False).values
        if columns.stop == len(x):
            found.append(nearest[:, -1])
    return torch.cat(found)


def memberships(x: Tensor, centres: Tensor, squared: Tensor) -> tuple[Tensor, Tensor]:
    """Count the balls that each of [N, F] lies in, [N], and those that lie in each ball, [M].

    Args:
        x: ``[N, F]``.
        centres: ``[M, F]``, of the balls.
        squared: ``[M]``, the squared radii.
    """
    balls = torch.zeros(len(x), dtype=torch.int64, device=x.device)
    members = torch.zeros(len(centres), dtype=torch.int64, device=x.device)
    for rows, columns, squares in squared_distances(x, centres):
        inside = squares <= squared[columns]
        balls[rows] += inside.sum(dim=1)
        members[columns] += inside.sum(dim=0)
    return balls, members


def _share(counts: Tensor) -> float:
    return float((counts > 0).double().mean())
