"""Edits by the normals of planes, with and without conditions on correlated attributes."""

from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.labs.findings import Check, Finding, within
from pipeline.labs.latent.grids import draw_rows, enlarge
from pipeline.labs.latent.shapes import SHAPES, shapes_of
from pipeline.labs.latent.trained import Trained
from pipeline.labs.plotting import label, panels
from pipeline.latent import (
    Boundary,
    Space,
    attributes_of,
    boundary_of,
    conditioned,
    entanglement,
    move,
    space_of,
)

DRAWS, FRESH = 2000, 256
AMOUNT = 1.5
"""Of an edit, in standard deviations of draws along its direction."""
CORRELATED = 0.3
"""Correlation over draws from which on two attributes go together."""


class Pair(NamedTuple):
    """An edit of one attribute, and what it does to another."""

    wanted: str
    other: str
    correlation: float
    """Of both, over draws."""
    free: float
    """Mean absolute change of the other per unit of the wanted, in standard deviations."""
    held: float
    """The same under the condition."""
    drift_free: float
    """The mean change itself, whose parts of both signs cancel."""
    drift_held: float
    cosine: float
    """Of the direction before and after the condition."""


def planes_of(space: Space, draws: int = DRAWS) -> tuple[Tensor, list[Boundary]]:
    """Find the plane of each of `SHAPES` by draws; return their correlations [K, K], too."""
    z = space.draw(draws, seed=0)
    scores = attributes_of(space, z, shapes_of)
    return torch.corrcoef(scores.T), [boundary_of(z, column) for column in scores.T]


def compare(
    space: Space,
    wanted: int,
    other: int,
    planes: list[Boundary],
    correlation: float,
    fresh: Tensor,
) -> Pair:
    """Edit draws by a normal, and by what is left of it where another is held."""
    normal = planes[wanted].normal
    held = conditioned(normal, [planes[other].normal])
    found = []
    for way in (normal, held):
        edited = move(fresh, way, AMOUNT * space.spread(way))
        seen = entanglement(space, fresh, edited, shapes_of, SHAPES, wanted)
        drifts = [(change.after - change.before) / change.spread for change in seen]
        found.append((seen[other].per_unit, abs(drifts[other]) / max(abs(drifts[wanted]), 1e-9)))
    (free, drift_free), (under, drift_held) = found
    return Pair(
        SHAPES[wanted],
        SHAPES[other],
        correlation,
        free,
        under,
        drift_free,
        drift_held,
        float(normal @ held),
    )


def measure(
    space: Space, draws: int = DRAWS, fresh: int = FRESH
) -> tuple[list[Pair], list[Boundary]]:
    """Compare both edits of each two attributes that go together, of those two that do most where
    none are `CORRELATED`; return the planes as well."""
    correlations, planes = planes_of(space, draws)
    latents = space.draw(fresh, seed=1)
    sizes = correlations.abs().fill_diagonal_(0)
    limit = min(CORRELATED, float(sizes.max()))
    pairs = [
        compare(space, wanted, other, planes, float(correlations[wanted, other]), latents)
        for wanted, other in (sizes >= limit).nonzero().tolist()
    ]
    return pairs, planes


def find(trained: Trained) -> Finding:
    """Edit draws of the VAE by what is measured of their pictures."""
    space = space_of(trained.model("vae").model, "z")
    pairs, planes = measure(space)
    free, held, drift_free, drift_held, correlation = (
        sum(values) / len(pairs)
        for values in zip(
            *(
                (pair.free, pair.held, pair.drift_free, pair.drift_held, abs(pair.correlation))
                for pair in pairs
            ),
            strict=True,
        )
    )
    figure, (left, right) = panels(["What else changes, per unit of the wanted", "Along normals"])
    places = range(len(pairs))
    left.barh([at + 0.2 for at in places], [pair.free for pair in pairs], 0.4, label="free")
    left.barh([at - 0.2 for at in places], [pair.held for pair in pairs], 0.4, label="held")
    left.set_yticks(list(places), [f"{pair.wanted}: {pair.other}" for pair in pairs])
    label(left, "standard deviations", "")
    start = space.draw(1, seed=4)
    amounts = torch.linspace(-2, 2, 9).to(start)
    rows = {
        name: space.decode_all(move(start.expand(9, -1), plane.normal, amounts))
        for name, plane in zip(SHAPES, planes, strict=True)
    }
    draw_rows(right, rows)
    enlarge(figure, 10, 3.4)
    return Finding(
        "normals",
        "A condition keeps one attribute from moving with another",
        f"Ink, thickness, width, height and slant are measured of what {DRAWS:,} draws decode to; "
        "a linear support vector machine parts the tenth with the highest from that with the "
        "lowest values, and its normal is the edit (Shen et al. 2020). Attributes that go together "
        "in the data move together under it; the condition takes the other's normal away, n1 - "
        f"(n1 . n2) n2. Of pairs with a correlation of {CORRELATED:g} or more, what is left of the "
        f"other's change per unit of the wanted is measured on {FRESH} fresh draws, 1.5 standard "
        "deviations along: its mean, which is all that a plane can be asked to hold, and its mean "
        "absolute value, in which what single samples do either way counts.",
        [
            within(
                "worst plane: accuracy on draws that it was not fitted to",
                min(plane.accuracy for plane in planes),
                least=0.8,
            ),
            Check("edits of pairs that go together", float(len(pairs))),
            Check("their mean |correlation| over draws", correlation),
            Check("free: mean change of the other", drift_free),
            Check("held: mean change of the other", drift_held),
            within("held over free: mean change", drift_held / drift_free, most=0.5),
            Check("free: mean absolute change of the other", free),
            Check("held: mean absolute change of the other", held),
            within("held over free: mean absolute change", held / free, most=0.5),
        ],
        figure,
        "Left: the wanted attribute, then the other. Right: one draw, two standard deviations "
        "either way along each normal, without conditions.",
    )
