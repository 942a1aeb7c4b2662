"""The card of a finished model: params.json beside its weights."""

from typing import Any, Literal, NamedTuple, Self

from pydantic import model_validator
from torch import nn

from pipeline.block import Block, Seed
from pipeline.samples import DatasetSpec

FORMAT: Literal[2] = 2
"""Of finished models: it changes where older ones can't be read any more."""

MOST_BELOW = 3
"""Models that one is built on, one on another: a prior on a VQGAN on a classifier has two."""


class Card(Block):
    """A finished model's description and origin."""

    format: Literal[2] = FORMAT
    version: str
    """Of the package. Which code it was exactly, dvc.lock says: a fingerprint here would differ
    between two runs of which one had no reason to train again."""
    seed: Seed
    data: DatasetSpec
    """The domains and classes that its networks are built from."""
    run: dict[str, Any]
    """The model's block of params.yaml."""
    weights: str
    """SHA-256 over names and values of its weights: other weights at the same place are another
    model."""
    pretrained: Self | None = None
    """The card of the finished model that it was built on."""

    @model_validator(mode="after")
    def _builds_on_few(self) -> Self:
        below, count = self.pretrained, 0
        while below is not None:
            below, count = below.pretrained, count + 1
        if count > MOST_BELOW:
            raise ValueError(f"built on more than {MOST_BELOW} models, one on another")
        return self


class Pretrained(NamedTuple):
    """A finished model that another one is built on, handed in by who builds it."""

    model: nn.Module
    """It becomes part of the other one: nobody else may use it."""
    card: Card
