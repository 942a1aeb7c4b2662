"""Ways between draws: along the arc and along the straight line, whose middle is too short."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.labs.findings import Check, Finding, near, within
from pipeline.labs.latent.digits import digit_classifier, sure
from pipeline.labs.latent.grids import draw_rows, enlarge
from pipeline.labs.latent.trained import Trained
from pipeline.labs.plotting import label, panels
from pipeline.latent import Space, lerp, slerp, space_of
from pipeline.latent.spaces import TYPICAL

PAIRS, TIMES = 256, 9

Way = Callable[[Tensor, Tensor, Tensor], Tensor]
WAYS: dict[str, Way] = {"arc": slerp, "line": lerp}


class Lengths(NamedTuple):
    """Of latents on ways, at each time."""

    mean: Tensor
    """[T], as a share of the draws'."""
    usual: Tensor
    """[T], the share that is within 3 standard deviations of the length of draws."""


def ways_between(way: Way, a: Tensor, b: Tensor, times: int = TIMES) -> Tensor:
    """Return latents [T, P, Z] on the ways from each of [P, Z] to its partner."""
    at = torch.linspace(0, 1, times).to(a)
    return torch.stack([way(*ends, at) for ends in zip(a, b, strict=True)], dim=1)


def lengths_of(latents: Tensor) -> Lengths:
    """Measure latents [T, P, Z] of which those at the first time are draws."""
    lengths, middle = latents.norm(dim=2), math.sqrt(latents.shape[2])
    usual = (lengths - middle).abs() <= TYPICAL / math.sqrt(2)
    return Lengths(lengths.mean(dim=1) / lengths[0].mean(), usual.double().mean(dim=1))


def confident(space: Space, classifier: Classifier, latents: Tensor) -> Tensor:
    """Measure how much of what latents [T, P, Z] decode to is confidently a digit: [T]."""
    return torch.stack([sure(classifier, space.decode_all(some)).mean() for some in latents])


def find(trained: Trained) -> Finding:
    """Go both ways between draws of the VAE, and of the GAN, whose draws are longer."""
    classifier = digit_classifier(trained)
    spaces = {
        "VAE": space_of(trained.model("vae").model, "z"),
        "StyleGAN2": space_of(trained.model("stylegan2").model, "z"),
    }
    figure, (left, middle, right) = panels(
        ["Length on the way", "VAE: taken confidently for a digit", "VAE: ways of one pair"]
    )
    at = torch.linspace(0, 1, TIMES)
    checks, rows = [], {}
    for name, space in spaces.items():
        a, b = space.draw(2 * PAIRS, seed=3).chunk(2)
        for kind, way in WAYS.items():
            latents = ways_between(way, a, b)
            lengths = lengths_of(latents)
            left.plot(at, lengths.mean, "o-", label=f"{name}, {len(a[0])} numbers: {kind}")
            half = float(lengths.mean[TIMES // 2])
            exact = 1.0 if kind == "arc" else math.sqrt(0.5)
            checks.append(
                near(f"{name}, {kind}: length in the middle, of draws'", half, exact, 0.04)
            )
            usual = float(lengths.usual[TIMES // 2])
            said = f"{name}, {kind}: middles of a usual length"
            # Their lengths have mean sqrt(Z / 2): within the limit for 16 numbers, not for 64.
            checks.append(within(said, usual, least=0.98) if kind == "arc" else Check(said, usual))
            if name == "VAE":
                shares = confident(space, classifier, latents)
                middle.plot(at, shares, "o-", label=kind)
                checks.append(
                    Check(f"{name}, {kind}: confident in the middle", float(shares[TIMES // 2]))
                )
                rows[kind] = space.decode_all(latents[:, 0])
    label(left, "share of the way", "mean length, of draws'")
    label(middle, "share of the way", "share of pictures")
    draw_rows(right, rows)
    enlarge(figure, 14, 3.2)
    return Finding(
        "arcs",
        "Between draws the arc stays where draws are",
        f"{PAIRS} pairs of normal draws z. Draws of many numbers all have lengths near sqrt(Z), so "
        "they lie on a shell; the straight line between two cuts it, and is shorter by sqrt(1/2) "
        "in its middle (White 2016), where no draw of a large Z ever is. The arc keeps the length. "
        "A usual length is one within 3 standard deviations of those of draws. Whether it matters "
        "for pictures depends on what a model makes of short z: an encoder fills the inside, too, "
        "and a StyleGAN scales z to one length before it does anything else.",
        checks,
        figure,
        "Left: both models; middle and right: what the VAE decodes.",
    )
