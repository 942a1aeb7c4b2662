"""Generators that others have trained, in our words."""

from typing import NamedTuple

from torch import Tensor

from pipeline.backbones.biggan import BigganGeneratorParams
from pipeline.backbones.stylegan2_synthesis import StyleGAN2Params


class PublishedGenerator(NamedTuple):
    """A generator of square pictures."""

    network: StyleGAN2Params | BigganGeneratorParams
    latent: int
    classes: int
    channels: int
    size: int
    """Side of its pictures."""
    weights: dict[str, Tensor]
    """The state of our generator."""
