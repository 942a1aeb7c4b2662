"""Corruption of what an autoencoder sees, by kind: it is asked for the clean sample."""

from typing import Annotated, Literal

import torch
from pydantic import Field, PositiveFloat
from torch import Tensor

from pipeline.block import Block


class GaussianCorruptionParams(Block):
    """Adds normal noise (Vincent et al. 2010, section 3.4)."""

    kind: Literal["gaussian"]
    std: PositiveFloat = 0.5
    """In the units of samples, of which pictures have 2 from black to white."""

    def corrupt(self, x: Tensor) -> Tensor:
        """Add a draw of noise to samples [N, C, H, W]; values may leave their range."""
        return x + self.std * torch.randn_like(x)


class MaskingCorruptionParams(Block):
    """Sets values to 0 (Vincent et al. 2008, section 2.3).

    0 is the middle of the range of pictures here, and the mean of sound; theirs is black. They draw
    a fixed number of values of each sample, here each is drawn for itself.
    """

    kind: Literal["masking"]
    share: float = Field(0.25, gt=0, lt=1)
    """The probability that a value of a sample is set to 0."""

    def corrupt(self, x: Tensor) -> Tensor:
        """Set some values of samples [N, C, H, W] to 0."""
        return x.masked_fill(torch.rand_like(x) < self.share, 0)


CorruptionParams = Annotated[
    GaussianCorruptionParams | MaskingCorruptionParams, Field(discriminator="kind")
]


def corrupted(
    corruption: GaussianCorruptionParams | MaskingCorruptionParams | None, x: Tensor
) -> Tensor:
    """Return what the encoder sees of samples [N, C, H, W]; None leaves them as they are."""
    return x if corruption is None else corruption.corrupt(x)
