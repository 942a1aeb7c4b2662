"""Options of the convolutional networks from samples to vectors, as discriminators."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline.block import Block, Side
from pipeline.nn.conditioning import Head
from pipeline.nn.minibatch import Minibatch
from pipeline.nn.virtual_batch import VectorNorm

Attention = Annotated[tuple[Side, ...], Field(max_length=16)]
"""The heights of the maps at which a network attends to all places (Zhang et al. 2019)."""


class EncoderOptions(Block):
    """Norms, heads and further layers, and which of them fit each other."""

    norm: VectorNorm
    spectral: bool = False
    """Spectral norm of every layer (Miyato et al. 2018)."""
    attention: Attention = ()
    head: Head = "linear"
    """``projection``: also the product of features and an embedding of the class (Miyato & Koyama
    2018), of a conditional gan."""
    minibatch: Minibatch = "none"
    """Statistics of a batch beside each sample (`nn.minibatch`), of a discriminator alone."""

    @model_validator(mode="after")
    def _keeps_references_apart(self) -> Self:
        if self.norm == "virtual_batch" and self.head == "projection":
            raise ValueError(
                "norm: virtual_batch sends reference samples along, whose classes head: projection "
                "would have to be told: leave one of the two out"
            )
        if self.norm == "virtual_batch" and self.minibatch != "none":
            raise ValueError(
                "norm: virtual_batch sends reference samples along, which minibatch: "
                f"{self.minibatch} would count among the batch's: leave one of the two out"
            )
        return self

    @property
    def told_classes(self) -> bool:
        """True: its network takes labels beside samples, and no planes behind their channels."""
        return self.head == "projection"

    @property
    def bounds_slope(self) -> bool:
        """True: spectral norm of every layer bounds how steep the network is. Other norms, which
        divide by what samples give, would undo it; attention, whose share no norm holds, too."""
        unbounded = self.norm != "none" or self.minibatch != "none" or bool(self.attention)
        return self.spectral and not unbounded
