"""Fully connected networks from samples to vectors and back, for small samples and points.

Goodfellow et al. 2014; Gulrajani et al. 2017, section 5.1, whose GANs learn points in the plane by
them.
"""

import math
from typing import ClassVar, Literal

from torch import Tensor, nn

from pipeline.block import Block, Layers, Width
from pipeline.nn.convolution import add_spectral_norm
from pipeline.nn.minibatch import Minibatch, minibatch_layer
from pipeline.nn.shapes import shape_of
from pipeline.samples import Spec


class MLPEncoderParams(Block):
    """Hidden layers of one width, with leaky ReLU."""

    kind: Literal["mlp"]
    width: Width = 256
    """Units of a hidden layer."""
    layers: Layers = 3
    """Hidden layers."""
    spectral: bool = False
    """Spectral norm of every layer (Miyato et al. 2018)."""

    minibatch: Minibatch = "none"
    """Statistics of a batch beside each sample (`nn.minibatch`), of a discriminator alone."""

    @property
    def bounds_slope(self) -> bool:
        """True: spectral norm of every layer bounds how steep the network is."""
        return self.spectral and self.minibatch == "none"

    told_classes: ClassVar[bool] = False

    def build(self, spec: Spec, outputs: int, classes: int = 0) -> "MLPEncoder":
        """Build a network of samples [N, C, H, W] -> [N, outputs], whatever the ``classes``."""
        encoder = MLPEncoder(
            spec, outputs, width=self.width, layers=self.layers, minibatch=self.minibatch
        )
        if self.spectral:
            add_spectral_norm(encoder)
        return encoder


class MLPDecoderParams(Block):
    """Hidden layers of one width, with ReLU."""

    kind: Literal["mlp"]
    width: Width = 256
    """Units of a hidden layer."""
    layers: Layers = 3
    """Hidden layers."""

    told_classes: ClassVar[bool] = False

    def build(self, inputs: int, spec: Spec, classes: int = 0) -> "MLPDecoder":
        """Build a network of [N, inputs] -> samples [N, C, H, W], in tanh where bounded.

        ``classes`` change nothing: they come as part of the inputs.
        """
        return MLPDecoder(inputs, spec, width=self.width, layers=self.layers)


class MLPEncoder(nn.Module):
    """See `MLPEncoderParams`."""

    def __init__(
        self,
        spec: Spec,
        outputs: int,
        *,
        width: int,
        layers: int,
        minibatch: Minibatch = "none",
    ) -> None:
        super().__init__()
        self.size = (spec.height, spec.width)
        inputs = math.prod(shape_of(spec))
        hidden = hidden_layers(inputs, width, layers, nn.LeakyReLU(0.2))
        self.minibatch, seen = minibatch_layer(minibatch, width)
        self.layers = nn.Sequential(*hidden, nn.Linear(seen, outputs))

    def features(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to what the last layer sees of each sample, [N, F]."""
        y: Tensor = self.layers[:-1](x.flatten(1))
        return y

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, outputs]."""
        y: Tensor = self.layers[-1](self.minibatch(self.features(x)))
        return y


class MLPDecoder(nn.Module):
    """See `MLPDecoderParams`."""

    def __init__(self, inputs: int, spec: Spec, *, width: int, layers: int) -> None:
        super().__init__()
        shape = shape_of(spec)
        self.layers = nn.Sequential(
            *hidden_layers(inputs, width, layers, nn.ReLU()),
            nn.Linear(width, math.prod(shape)),
            nn.Unflatten(1, shape),
        )
        if spec.bounded:
            self.layers.append(nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        """Map [N, inputs] to [N, C, H, W]."""
        y: Tensor = self.layers(z)
        return y


def hidden_layers(inputs: int, width: int, count: int, activation: nn.Module) -> list[nn.Module]:
    """List ``count`` linear layers of ``width`` units, an activation behind each."""
    sizes = [inputs, *[width] * (count - 1)]
    return [part for size in sizes for part in (nn.Linear(size, width), activation)]
