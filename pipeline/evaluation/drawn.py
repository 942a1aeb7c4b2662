"""Samples with whose they are, and of which classes."""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from pipeline.capabilities import Sampler
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import AT_ONCE
from pipeline.inference.sampling import domain_of
from pipeline.models.sampling import sample_labelled

SECONDS = "seconds_a_sample"
"""The time that an evaluation tells beside its results: of samples drawn `AT_ONCE` at a time."""


class Drawn(NamedTuple):
    """Samples, and the domain by whose statistics each is standardised."""

    x: Tensor  # [N, C, H, W]
    domains: list[str]
    labels: Tensor | None = None  # [N] int64, the classes that were asked for; None without


def by_domain(drawn: Drawn, function: Callable[[Tensor, str], Tensor]) -> Tensor:
    """Apply a function of samples and their domain to the samples of each, [N, ...] in order."""
    parts: dict[int, Tensor] = {}
    for domain in dict.fromkeys(drawn.domains):
        rows = [row for row, owner in enumerate(drawn.domains) if owner == domain]
        parts |= zip(rows, function(drawn.x[rows], domain), strict=True)
    return torch.stack([parts[row] for row in range(len(drawn.x))])


def timed_draw(context: Context, count: int) -> Drawn:
    """Draw ``count`` samples of the model as `draw` does, and tell how long one took."""
    began = time.perf_counter()
    drawn = draw(context, context.model, count)
    context.told(SECONDS, float(f"{(time.perf_counter() - began) / max(1, count):.3g}"))
    return drawn


def draw(
    context: Context,
    model: nn.Module,
    count: int,
    seed: int = 1,
    options: Mapping[str, float] | None = None,
) -> Drawn:
    """Draw ``count`` samples of a fixed seed, in batches, with values of the sampler's options."""
    assert isinstance(model, Sampler)
    generator = Generator().manual_seed(seed)
    parts, owners, asked = [], [], []
    for done in range(0, count, AT_ONCE):
        x, labels = sample_labelled(
            model, min(AT_ONCE, count - done), generator, None, **(options or {})
        )
        parts.append(x)
        numbers = [None] * len(x) if labels is None else labels.tolist()
        owners += [domain_of(context.finished, number) for number in numbers]
        asked += [] if labels is None else [labels.cpu()]
    return Drawn(torch.cat(parts), owners, torch.cat(asked) if asked else None)
