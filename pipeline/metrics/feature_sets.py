"""Sets of features [N, F]: what metrics ask of them, and their distances block by block."""

from collections.abc import Iterator

import torch
from torch import Tensor

ROWS, COLUMNS = 1024, 4096
"""Of a block of distances, 32 MiB in float64, whatever the sizes of the sets."""


def check_features(*sets: Tensor, least: int = 1) -> None:
    """Raise ValueError where sets are not all [N, F] with one F, N ``least`` or more, finite."""
    shapes = ", ".join(str(list(x.shape)) for x in sets)
    if any(x.ndim != 2 for x in sets) or len({x.shape[1] for x in sets}) > 1:
        raise ValueError(f"expected features [N, F] with one F, found {shapes}")
    if min(len(x) for x in sets) < least:
        needed = "one sample" if least == 1 else f"{least:,} samples"
        raise ValueError(f"expected at least {needed} on each side, found features {shapes}")
    for x in sets:
        # What is not finite never adds up to what is, and a sum takes less memory.
        if not torch.isfinite(x.sum(dtype=torch.float64)):
            raise ValueError("the features have values that are not finite")


def squared_distances(x: Tensor, y: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yield squared Euclidean distances of [N, F] and [M, F] in blocks of rows and columns.

    With the rows of ``x`` and of ``y`` that they belong to, row after row. Computed in float64 as
    |x|^2 + |y|^2 - 2 x.y of vectors less the mean of ``y``, which keeps the three terms small.
    """
    centre = y.mean(dim=0, dtype=torch.float64)
    for rows in _parts(0, len(x), ROWS):
        for columns in _parts(0, len(y), COLUMNS):
            yield rows, columns, _squares(x[rows], y[columns], centre)


def squared_distances_within(x: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Yield squared distances of one set's vectors [N, F]: blocks on the diagonal and above it.

    On it rows and columns are equal, and a vector's distance to itself is infinite.
    """
    centre = x.mean(dim=0, dtype=torch.float64)
    for rows in _parts(0, len(x), ROWS):
        yield rows, rows, _squares(x[rows], x[rows], centre).fill_diagonal_(torch.inf)
        for columns in _parts(rows.stop, len(x), COLUMNS):
            yield rows, columns, _squares(x[rows], x[columns], centre)


def _squares(x: Tensor, y: Tensor, centre: Tensor) -> Tensor:
    a, b = x.double() - centre, y.double() - centre
    lengths = a.square().sum(dim=1, keepdim=True)
    squares = torch.addmm(b.square().sum(dim=1), a, b.T, alpha=-2)
    return squares.add_(lengths).clamp_(min=0)


def _parts(start: int, stop: int, size: int) -> Iterator[slice]:
    for edge in range(start, stop, size):
        yield slice(edge, min(edge + size, stop))
