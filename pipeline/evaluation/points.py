"""Samplers of points: how far from the data as a whole, which modes, and how near to them."""

import torch
from PIL import Image
from torch import Tensor

from pipeline.evaluation.context import Context
from pipeline.evaluation.data import spread
from pipeline.evaluation.drawn import draw
from pipeline.evaluation.results import MODEL, Protocol
from pipeline.evaluation.sampling import draw_gaussian, draw_noise
from pipeline.evaluation.verdicts import POINTS
from pipeline.figures import Caption, draw_points, save_caption
from pipeline.metrics.modes import Modes, high_quality, modes_covered, modes_of
from pipeline.metrics.wasserstein import sliced_wasserstein

SHOWN = 1000
BEYOND = 1.5
"""Times the reach of the data that the figure shows."""


def evaluate_points(context: Context) -> None:
    """Draw samples of a fixed seed over real points, and measure how far from these they are.

    Beside them stand, as many of each as there are test points, noise, one Gaussian fitted to the
    reference, the untrained model and, as the ceiling, the test points.
    """
    context.decide("samples", POINTS)
    for domain in context.domains[:1]:  # a model that read several draws of their mixture
        measure_points(context, domain)


def measure_points(context: Context, domain: str) -> None:
    """Compare samples with the reference points of a domain."""
    real, test = context.references(domain), context.samples("test", domain)
    count = len(test)
    groups = {
        MODEL: draw(context, context.model, count).x,
        "noise": draw_noise(test, bounded=False),
        "gaussian": draw_gaussian(real, count, bounded=False),
        "untrained": draw(context, context.untrained, count).x,
    }
    if context.has_ceiling(domain):
        groups[context.terms.test] = test
    points = {name: x.flatten(1).cpu() for name, x in groups.items()}
    about: Protocol = {"count": count, **context.describe_references([domain], len(real))}
    distances = {name: sliced_wasserstein(x, real.flatten(1)) for name, x in points.items()}
    context.add("samples", "sliced_w1", distances, **about)
    modes = known_modes(context, domain, real.flatten(1))
    if modes is None:
        for metric in ("modes_covered", "high_quality"):
            context.miss("samples", metric, "the data has no modes with names")
    else:
        covered = {name: modes_covered(x, modes) for name, x in points.items()}
        context.add("samples", "modes_covered", covered, of=len(modes.means), **about)
        near = {name: high_quality(x, modes) for name, x in points.items()}
        context.add("samples", "high_quality", near, **about)
    show_points(context, real.flatten(1), points[MODEL])


def known_modes(context: Context, domain: str, real: Tensor) -> Modes | None:
    """Estimate the modes of the reference points [N, D]; None where points have no classes."""
    if not context.store.meta.classes:
        return None
    split = context.reference_split(domain) or "train"
    labels = torch.from_numpy(context.store.domain(split, domain).labels.copy())
    return modes_of(real, labels)


def show_points(context: Context, real: Tensor, samples: Tensor) -> None:
    """Draw the first samples over as many real points, both [N, D]."""
    rows = list(spread(SHOWN, len(real)))
    reach = BEYOND * float(real.abs().max())
    path = context.out / "samples.png"
    Image.fromarray(draw_points(real[rows], samples[:SHOWN], reach)).save(path)
    shown = min(SHOWN, len(samples))
    save_caption(path, Caption(f"{shown} samples of a fixed seed, red, over real points, grey"))
