"""Points of a line or a plane, drawn from distributions that are known.

A GAN of a few layers learns them in seconds, and what it learns can be seen whole: which modes of
the data it reaches, and what its discriminator makes of every place. The ring and the grid are
those of Metz et al. 2017 (unrolled GANs) and Lin et al. 2018 (PacGAN).
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import PositiveFloat, model_validator

from pipeline.block import Count, Seed
from pipeline.codecs import PointCodec
from pipeline.datasets.source import Array, DatasetParams, DomainMoments, Item, Source, as_is
from pipeline.samples import DatasetSpec

Coordinates = npt.NDArray[np.float64]
Shape = Literal["line", "two_gaussians", "ring", "grid", "uniform", "swiss_roll"]

DOMAIN = "point"
MODES: dict[str, Callable[[], Coordinates]] = {
    "line": lambda: np.array([[-2.0], [0.0], [2.0]]),
    "two_gaussians": lambda: np.array([[-3.0], [3.0]]),
    "ring": lambda: around(8, radius=2.0),
    "grid": lambda: lattice(np.linspace(-4.0, 4.0, 5)),
}
"""The means of the Gaussians that a shape is a mixture of, in equal shares."""

STD: dict[Shape, float] = {
    "line": 0.2,
    "two_gaussians": 0.5,
    "ring": 0.02,
    "grid": 0.05,
    "uniform": 0.0,
    "swiss_roll": 0.05,
}
"""The standard deviation of each coordinate about the mean or the curve, where none is given."""


class PointsParams(DatasetParams):
    """Points of one shape: a domain ``point``, whose classes are the modes of a mixture.

    ``line``: three Gaussians at -2, 0 and 2. ``two_gaussians``: two, at -3 and 3. ``ring``: eight
    on a circle of radius 2. ``grid``: five by five, 2 apart. ``uniform``: the square [-2, 2]^2.
    ``swiss_roll``: a spiral that ends 2 from its middle.
    """

    kind: Literal["points"] = "points"
    shape: Shape
    std: PositiveFloat | None = None
    """Of the noise about each mean or the curve; None: 0.2, 0.5, 0.02 and 0.05 of the mixtures, in
    the order above, and 0.05 of the spiral. A square has none."""
    train: Count = 10_000
    test: Count = 5_000
    seed: Seed = 0

    @model_validator(mode="after")
    def _has_noise(self) -> Self:
        if self.shape == "uniform" and self.std is not None:
            raise ValueError("std: points of a square have no noise; leave it out")
        return self

    @property
    def spec(self) -> DatasetSpec:
        """Points of one or two coordinates; a class for each mode, none where there are none."""
        codec = PointCodec(dims={DOMAIN: dims_of(self.shape)})
        return DatasetSpec(specs={DOMAIN: codec.spec(DOMAIN)}, classes=classes_of(self.shape))

    def source(self) -> Source:
        """Draw the points of both splits, which no two splits or seeds share."""
        return Source(
            {
                split: {DOMAIN: self._items(number, count)}
                for number, (split, count) in enumerate(
                    (("train", self.train), ("test", self.test))
                )
            },
            classes=classes_of(self.shape),
        )

    def analyse(self, raw: Array) -> Array:
        """Check that the point is float32 [D]."""
        if raw.dtype != np.float32 or raw.shape != (dims_of(self.shape),):
            raise ValueError(f"expected float32 [{dims_of(self.shape)}], found {raw.shape}")
        return raw

    def codec(self, moments: dict[str, DomainMoments]) -> PointCodec:
        """Build the codec; points need no statistics."""
        return PointCodec(dims={domain: m.channels for domain, m in moments.items()})

    def _items(self, split: int, count: int) -> list[Item]:
        rng = np.random.default_rng([self.seed, split])
        std = STD[self.shape] if self.std is None else self.std
        points, labels = draw(self.shape, count, std, rng)
        return [
            Item(f"{index:06d}", partial(as_is, point), int(label))
            for index, (point, label) in enumerate(
                zip(points.astype(np.float32), labels, strict=True)
            )
        ]


def draw(
    shape: Shape, count: int, std: float, rng: np.random.Generator
) -> tuple[Coordinates, npt.NDArray[np.int64]]:
    """Draw points [count, D] of a shape and the modes [count] that they are of; 0 without modes."""
    none = np.zeros(count, np.int64)
    if shape == "uniform":
        return rng.uniform(-2.0, 2.0, (count, 2)), none
    if shape == "swiss_roll":
        curve = spiral(rng.uniform(size=count))
        return curve + std * rng.standard_normal(curve.shape), none
    centres = MODES[shape]()
    labels = rng.integers(len(centres), size=count)
    return centres[labels] + std * rng.standard_normal((count, centres.shape[1])), labels


def spiral(share: Coordinates) -> Coordinates:
    """Return the points [N, 2] at ``share`` [N] of a spiral's angles, from 0, inside, to 1.

    Radius and angle grow together, from half a turn and a quarter to two and a quarter turns, as in
    scikit-learn's ``make_swiss_roll``.
    """
    angle = 1.5 * math.pi * (1 + 2 * share)
    radius = 2.0 * angle / (4.5 * math.pi)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def around(count: int, *, radius: float) -> Coordinates:
    """Return points [count, 2] evenly on a circle, the first on the right."""
    angles = 2 * math.pi * np.arange(count) / count
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def lattice(side: Coordinates) -> Coordinates:
    """Return all points [S * S, 2] whose coordinates are of ``side`` [S]."""
    return np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)


def dims_of(shape: Shape) -> int:
    """Count the coordinates of a point."""
    return MODES[shape]().shape[1] if shape in MODES else 2


def classes_of(shape: Shape) -> tuple[str, ...]:
    """Name the modes of a mixture; none of other shapes."""
    return tuple(f"mode{number}" for number in range(len(MODES[shape]()))) if shape in MODES else ()
