"""Labels of the classes that samplers are asked for, and the latents of those that decode some."""

from typing import Any

import torch
from torch import Generator, Tensor

from pipeline.capabilities import LatentSampler, Sampler
from pipeline.nn.drawing import truncated


def sample_labelled(
    model: Sampler,
    n: int,
    generator: Generator | None,
    condition: Tensor | None = None,
    **options: Any,
) -> tuple[Tensor, Tensor | None]:
    """Draw samples [n, C, H, W] as ``model.sample`` does, and return their classes [n] beside them.

    None for the classes of a model without.
    """
    labels = draw_labels(model.classes, n, generator, condition)
    return model.sample(n, generator, labels, **options), labels


def draw_latents(
    model: LatentSampler, n: int, generator: Generator | None, truncation: float
) -> Tensor:
    """Draw latents [n, Z] with no number beyond ``truncation`` on either side; 0: any may come."""
    z = model.draw(n, generator)
    return truncated(z, truncation) if truncation else z


def draw_labels(
    classes: int, n: int, generator: Generator | None, condition: Tensor | None
) -> Tensor | None:
    """Return the classes [n] to sample: ``condition``, else drawn evenly; None without classes.

    Raises ValueError where classes are asked for and there are none, or not as many as ``n``, or
    one is none of theirs.
    """
    if condition is None:
        return torch.randint(classes, (n,), generator=generator) if classes else None
    if not classes:
        raise ValueError("a class is not supported: the model was trained without (conditional)")
    if condition.shape != (n,) or not bool(((condition >= 0) & (condition < classes)).all()):
        raise ValueError(f"expected {n} classes from 0 to {classes - 1}, found {condition}")
    return condition
