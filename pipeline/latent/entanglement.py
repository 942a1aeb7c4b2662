"""Entanglement: how far an edit changes what it should not.

By scoring samples again once they are edited, as Yang et al. 2021 (arXiv:1911.09267) do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from pipeline.latent.attributes import Reader, attributes_of
from pipeline.latent.spaces import Space


@dataclass(frozen=True)
class Change:
    """The change of one attribute under an edit."""

    name: str
    before: float
    """Mean over samples."""
    after: float
    """Mean over the same samples, edited."""
    spread: float
    """Standard deviation before the edit: the unit of what follows."""
    moved: float
    """Mean absolute change of a sample, in units of ``spread``."""
    per_unit: float
    """``moved`` per unit that the wanted attribute moved: 0 is best, 1 is its own, infinite where
    that did not move."""


def entanglement(
    space: Space,
    latents: Tensor,
    edited: Tensor,
    reader: Reader,
    names: Sequence[str],
    wanted: int,
) -> list[Change]:
    """Measure how attributes change from latents [N, *shape] to the same, edited, [N, ...].

    Args:
        space: of the latents.
        latents: many, drawn; a few say little of standard deviations.
        edited: as `directions.move` or `gradients.ascend` moved them.
        reader: of attributes [N, K]: a classifier's log odds, or a regressor's factors.
        names: of the attributes, K.
        wanted: the number of that which should change.

    Returns a `Change` of each attribute.
    """
    return changes(
        attributes_of(space, latents, reader), attributes_of(space, edited, reader), names, wanted
    )


def changes(before: Tensor, after: Tensor, names: Sequence[str], wanted: int) -> list[Change]:
    """Compare attributes [N, K] before and after an edit; see `entanglement`."""
    std = before.double().std(dim=0).clamp(min=1e-9)
    moved = (after.double() - before.double()).abs().mean(dim=0) / std
    return [
        Change(
            name=name,
            before=float(before[:, number].mean()),
            after=float(after[:, number].mean()),
            spread=float(std[number]),
            moved=float(moved[number]),
            per_unit=float(moved[number] / moved[wanted]) if moved[wanted] > 0 else math.inf,
        )
        for number, name in enumerate(names)
    ]
