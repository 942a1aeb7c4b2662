"""Outputs of discriminators for a batch, and for two batches at once."""

from typing import NamedTuple

import torch
from torch import Tensor, cat


class Outputs(NamedTuple):
    """Outputs of the discriminators of an `Adversary` for one batch."""

    logits: list[Tensor]
    """float32, one tensor a discriminator."""
    layers: list[list[Tensor]]
    """Outputs of each layer, the logits last; empty where a network shows its logits alone."""


def joined(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    """Join two batches of what may be left out."""
    return None if first is None or second is None else cat([first, second])


def halves(both: Outputs) -> tuple[Outputs, Outputs]:
    """Split the outputs of two batches that went through at once."""
    logits = [tuple(y.chunk(2)) for y in both.logits]
    layers = [[tuple(y.chunk(2)) for y in seen] for seen in both.layers]
    first, second = (
        Outputs([y[at] for y in logits], [[y[at] for y in seen] for seen in layers])
        for at in (0, 1)
    )
    return first, second


def mean_of(values: list[Tensor]) -> Tensor:
    """Average scalars."""
    return values[0] if len(values) == 1 else torch.stack(values).mean()
