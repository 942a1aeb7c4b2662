"""Samplers with an option that trades variety for fidelity: both at several of its values.

Brock et al., "Large scale GAN training for high fidelity natural image synthesis", 2019, section
3.1: as the latent is truncated more and more, precision rises and recall falls.
"""

from collections.abc import Callable

from torch import Tensor

from pipeline.capabilities import Classifier, Sampler
from pipeline.evaluation.classifying import measure_manifolds
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import in_batches
from pipeline.evaluation.drawn import Drawn, draw
from pipeline.evaluation.results import MODEL
from pipeline.options import TEMPERATURE, TRUNCATION, Option

LEVELS: dict[Option, tuple[float, ...]] = {
    TRUNCATION: (2.0, 1.0, 0.6, 0.3),
    TEMPERATURE: (1.3, 1.0, 0.7, 0.4),
}
"""Option -> its values, from varied to typical samples."""


def add_trend(
    context: Context,
    classifier: Classifier,
    true: Tensor,
    count: int,
    seen: Callable[[Drawn], Tensor],
) -> None:
    """File precision, recall, density and coverage at several values of an option, as parts.

    Of the first of `LEVELS` that the model takes; nothing where it takes none. ``true``: features
    [M, F] of the reference; ``count``: samples a value; ``seen``: what the classifier is given.
    """
    option = varied(context.model)
    if option is None:
        return
    parts: dict[str, dict[str, dict[str, float]]] = {}
    for level in LEVELS[option]:
        drawn = draw(context, context.model, count, options={option.name: level})
        features = in_batches(classifier.features, seen(drawn))
        for metric, rows in measure_manifolds({MODEL: features}, true).items():
            value = float(rows[MODEL].mean())
            parts.setdefault(metric, {})[f"{option.name} {level:g}"] = {MODEL: value}
    for metric, found in parts.items():
        context.add_parts("samples", metric, found)


def varied(model: object) -> Option | None:
    """Find the first option of `LEVELS` that a sampler takes."""
    assert isinstance(model, Sampler)
    return next((option for option in LEVELS if option in model.options), None)
