"""The card of a finished model: params.json beside its weights."""

from typing import Any, Literal, NamedTuple, Self

from torch import nn

from pipeline.block import Block
from pipeline.samples import DatasetSpec

FORMAT: Literal[2] = 2
"""Of finished models: it changes where older ones can't be read any more."""


class Card(Block):
    """A finished model's description and origin."""

    format: Literal[2] = FORMAT
    version: str
    """Of the package. Which code it was exactly, dvc.lock says: a fingerprint here would differ
    between two runs of which one had no reason to train again."""
    seed: int
    data: DatasetSpec
    """The domains and classes that its networks are built from."""
    run: dict[str, Any]
    """The model's block of params.yaml."""
    weights: str
    """SHA-256 over names and values of its weights: other weights at the same place are another
    model."""
    pretrained: Self | None = None
    """The card of the finished model that it was built on."""


class Pretrained(NamedTuple):
    """A finished model that another one is built on, handed in by who builds it."""

    model: nn.Module
    """It becomes part of the other one: nobody else may use it."""
    card: Card
