"""Typical inputs of a domain, so that others can be told: a Gaussian of their statistics.

The distance is that of Mahalanobis, the covariance shrunken (Ledoit and Wolf 2004), for there may
be fewer items than statistics. No network is involved, so nothing has to be trained or fetched.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, TypeAdapter, model_validator
from scipy.special import stdtrit

from pipeline.block import Block, Count
from pipeline.system.json_files import read_json

Floats = npt.NDArray[np.float64]

FILE = "inputs.json"
"""In the folder of a finished model."""
VERSION: Literal[1] = 1
"""Of the statistics: those of another version are of other numbers, and are not looked at."""
MOST_STATISTICS = 512
LEAST_ITEMS = 8
"""Below, nothing can be said of what is usual."""
LEAST_STD = 1e-2
"""Of a statistic: one that hardly varies among some items may among others."""
RIDGE = 1e-4
FOLDS = 10
QUANTILE = 0.995
CONFIDENCE = 0.999
DIGITS = 6
"""Significant ones that are kept: sums in another order differ beyond them."""

Row = Annotated[tuple[float, ...], Field(max_length=MOST_STATISTICS)]


class TypicalInputs(Block):
    """Mean and covariance of the statistics of a domain's items, and how far usual items lie."""

    items: Count
    """Number of items that it is of."""
    mean: Row
    whitening: Annotated[tuple[Row, ...], Field(max_length=MOST_STATISTICS)]
    """Lower triangle W with W' W the inverse covariance: row i has i + 1 numbers."""
    threshold: float = Field(gt=0)
    """The distance beyond which an input is unlike them."""

    @model_validator(mode="after")
    def _is_triangular(self) -> Self:
        if [len(row) for row in self.whitening] != [*range(1, len(self.mean) + 1)]:
            raise ValueError(f"whitening: expected rows of 1 to {len(self.mean)} numbers")
        return self

    def distance(self, statistics: Floats) -> Floats:
        """Compute distances [N] of statistics [N, F]: Mahalanobis', over the root of F.

        Usual ones are about 1, whatever F is. Raises ValueError for another number of statistics.
        """
        count = len(self.mean)
        if statistics.shape[1] != count:
            raise ValueError(f"{FILE}: expected {count} statistics, found {statistics.shape[1]}")
        whitening = np.zeros((count, count))
        whitening[np.tril_indices(count)] = np.concatenate(self.whitening)
        return distances(Gaussian(np.asarray(self.mean), whitening), statistics)


class InputsFile(Block):
    """The content of inputs.json."""

    version: Literal[1] = VERSION
    domains: dict[str, TypicalInputs]


class Gaussian(NamedTuple):
    """A mean [F] and a matrix [F, F] that whitens."""

    mean: Floats
    whitening: Floats


def read_typical(folder: Path) -> dict[str, TypicalInputs]:
    """Read what a finished model knows of its sources; of older models, and of another version,
    nothing.

    Raises ValueError where the file is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    raw = read_json(path)
    if isinstance(raw, dict) and raw.get("version") != VERSION:
        return {}
    return TypeAdapter(InputsFile).validate_python(raw).domains


def to_json(typical: Mapping[str, TypicalInputs]) -> bytes:
    """Write what `read_typical` reads."""
    return InputsFile(domains=dict(typical)).model_dump_json().encode()


def fit_typical(statistics: Floats) -> TypicalInputs | None:
    """Fit what is usual to statistics [N, K, F]: of N items, K variations of each.

    The threshold is the larger of two: a quantile of the distances of items that were left out of
    the fit, in `FOLDS` blocks with all their variations; and the upper end of the interval that
    one more item's distance falls into with probability `CONFIDENCE`, distances taken for
    log-normal (Student's t), which few items make wide. None where there are too few.
    """
    N, F = len(statistics), statistics.shape[2]
    if N < LEAST_ITEMS:
        return None
    left_out = np.concatenate(
        [
            distances(
                fit_gaussian(np.delete(statistics, block, axis=0).reshape(-1, F)),
                statistics[block].reshape(-1, F),
            )
            for block in np.array_split(np.arange(N), min(FOLDS, N))
        ]
    )
    logs = np.log(left_out.clip(1e-6))
    t = float(stdtrit(N - 1, CONFIDENCE))
    bound = float(np.exp(logs.mean() + t * np.sqrt(1 + 1 / N) * logs.std()))
    mean, whitening = fit_gaussian(statistics.reshape(-1, F))
    return TypicalInputs(
        items=N,
        mean=tuple(map(rounded, mean)),
        whitening=tuple(
            tuple(map(rounded, row[: number + 1])) for number, row in enumerate(whitening)
        ),
        threshold=rounded(max(float(np.quantile(left_out, QUANTILE)), bound)),
    )


def rounded(value: float) -> float:
    """Round to `DIGITS` significant digits."""
    return float(f"{value:.{DIGITS}g}")


def fit_gaussian(x: Floats) -> Gaussian:
    """Fit a Gaussian to statistics [N, F], each first brought to a std of 1."""
    mean, std = x.mean(axis=0), np.maximum(x.std(axis=0), LEAST_STD)
    covariance = shrunken_covariance((x - mean) / std) + RIDGE * np.eye(x.shape[1])
    return Gaussian(mean, np.linalg.inv(np.linalg.cholesky(covariance)) / std)


def shrunken_covariance(x: Floats) -> Floats:
    """Estimate the covariance [F, F] of centred samples [N, F]: Ledoit and Wolf 2004, lemma 3.2.

    (1 - b2 / d2) S + (b2 / d2) m I, with m = tr S / F, d2 = |S - m I|^2 and
    b2 = min(d2, sum over n of |x_n x_n' - S|^2 / N^2).
    """
    N, F = x.shape
    S = x.T @ x / N
    target = np.trace(S) / F * np.eye(F)
    d2 = float(np.square(S - target).sum())
    b2 = float((np.square(np.square(x).sum(axis=1)).mean() - np.square(S).sum()) / N)
    share = min(b2 / d2, 1.0) if d2 > 0 else 1.0
    shrunken: Floats = (1 - share) * S + share * target
    return shrunken


def distances(gaussian: Gaussian, x: Floats) -> Floats:
    """Compute |W (x - mean)| / sqrt(F) [N] of statistics [N, F]."""
    white = (x - gaussian.mean) @ gaussian.whitening.T
    found: Floats = np.sqrt(np.square(white).mean(axis=1))
    return found
