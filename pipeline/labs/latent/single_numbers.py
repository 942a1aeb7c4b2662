"""Measured attributes in single numbers of a code, with a prior and without."""

from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.labs.findings import Check, Finding, within
from pipeline.labs.latent.digits import digits_of
from pipeline.labs.latent.grids import draw_rows, enlarge
from pipeline.labs.latent.shapes import SHAPES, shapes_of
from pipeline.labs.latent.trained import Trained
from pipeline.labs.plotting import panels
from pipeline.latent import Space, moving_directions, space_of, traverse
from pipeline.metrics.disentanglement import dci, mutual_information_gap
from pipeline.metrics.separation import correlations, offdiagonal_correlation, sap

AXES = 4


class Scores(NamedTuple):
    """Of a code: each 0 to 1."""

    disentanglement: float
    completeness: float
    gap: float
    sap: float
    correlation: float
    """Mean absolute correlation of two numbers: the lower the better."""


def scores_of(codes: Tensor, factors: Tensor) -> Scores:
    """Measure codes [N, Z] of factors [N, F]; raises ValueError as the scores do."""
    apart, complete = dci(codes, factors)
    gap = mutual_information_gap(codes, factors)
    return Scores(apart, complete, gap, sap(codes, factors), offdiagonal_correlation(codes))


def find(trained: Trained) -> Finding:
    """Score the codes of the VAE and of the autoencoder by what is measured of digits."""
    known = digits_of(trained, "train")
    factors = shapes_of(known.pictures).cpu()
    spaces: dict[str, Space] = {
        "VAE": space_of(trained.model("vae").model, "z"),
        "autoencoder": space_of(trained.model("autoencoder").model, "code"),
    }
    codes = {name: space.encode(known.pictures).cpu() for name, space in spaces.items()}
    found = {name: scores_of(x, factors) for name, x in codes.items()}
    regular, free = found["VAE"], found["autoencoder"]
    figure, (left, middle, right) = panels(
        ["VAE: |correlation|", "Autoencoder: |correlation|", "VAE: the numbers that move most"]
    )
    for panel, x in zip((left, middle), codes.values(), strict=True):
        panel.imshow(correlations(factors, x).abs(), vmin=0, vmax=1, cmap="Blues", aspect="auto")
        panel.set_yticks(range(len(SHAPES)), SHAPES)
        panel.set_xlabel("number of the code", fontsize=8)
        panel.grid(False)
    space = spaces["VAE"]
    start = space.encode(known.pictures[:1])[0]
    axes = moving_directions(space, start, AXES)
    moved = traverse(space, start, axes, torch.linspace(-2, 2, 7))
    draw_rows(
        right,
        {
            f"number {int(one.argmax())}": space.decode_all(way)
            for one, way in zip(axes, moved, strict=True)
        },
    )
    enlarge(figure, 13, 3.2)
    between = correlations(factors, factors).abs()
    return Finding(
        "single_numbers",
        "Numbers of a code that tell one attribute each",
        "Ink, thickness, width, height and slant are measured of all training digits, and the "
        "codes' numbers are scored by how far each tells one of them, and each of them is told by "
        "one: DCI (Eastwood & Williams 2018), the mutual information gap (Chen et al. 2018) and "
        "SAP (Kumar et al. 2018). A prior of independent numbers presses a VAE's to be so (Higgins "
        "et al. 2017); nothing presses an autoencoder's. These attributes are correlated "
        "themselves, and not all that varies, so no code can reach 1; "
        "benchmarks/disentanglement.py has a world whose factors are independent.",
        [
            *(
                Check(f"{name}: {what}", value)
                for name, scores in found.items()
                for what, value in (
                    ("disentanglement (DCI)", scores.disentanglement),
                    ("completeness (DCI)", scores.completeness),
                    ("mutual information gap", scores.gap),
                    ("SAP", scores.sap),
                    ("mean |correlation| of two numbers", scores.correlation),
                )
            ),
            Check(
                "attributes: greatest |correlation| of two", float(between.fill_diagonal_(0).max())
            ),
            within(
                "disentanglement: VAE less autoencoder",
                regular.disentanglement - free.disentanglement,
                least=0,
            ),
            within(
                "completeness: VAE less autoencoder",
                regular.completeness - free.completeness,
                least=0,
            ),
            within(
                "|correlation| of numbers: VAE over autoencoder",
                regular.correlation / free.correlation,
                most=1,
            ),
        ],
        figure,
        "Rows of the left two are attributes. Right: two standard deviations either way.",
    )
