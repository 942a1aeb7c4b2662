"""Residual networks from samples to vectors and back: the pair of WGAN-GP and SNGAN.

Gulrajani et al. 2017, appendix F; Miyato et al. 2018, table 4. Widths double at each halving here,
up to eight times the first, where theirs for 32 pixels stay the same.
"""

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, relu

from pipeline.backbones.convolutional import halvings
from pipeline.block import Block, Width
from pipeline.nn.convolution import add_spectral_norm
from pipeline.nn.minibatch import Minibatch, minibatch_layer
from pipeline.nn.shapes import shape_of
from pipeline.nn.virtual_batch import VectorNorm, VirtualBatch, vector_norm_layer
from pipeline.samples import Spec

BROADEST = 8  # times the width


class ResidualEncoderParams(Block):
    """A residual block a halving, then the mean over space and one linear layer."""

    kind: Literal["resnet"]
    width: Width = 64
    """Channels after the first block."""
    norm: VectorNorm = "none"
    spectral: bool = False
    """Spectral norm of every layer (Miyato et al. 2018)."""

    minibatch: Minibatch = "none"
    """What it sees of a batch's samples together (`nn.minibatch`), of a discriminator alone."""

    @property
    def bounds_slope(self) -> bool:
        """True: spectral norm of every layer bounds how steep the network is; other norms, which
        divide by what samples give, would undo it."""
        return self.spectral and self.norm == "none" and self.minibatch == "none"

    def build(self, spec: Spec, outputs: int) -> "ResidualEncoder | VirtualBatch":
        """Build a network of samples [N, C, H, W] -> [N, outputs]."""
        encoder = ResidualEncoder(
            spec, outputs, width=self.width, norm=self.norm, minibatch=self.minibatch
        )
        if self.spectral:
            add_spectral_norm(encoder)
        return encoder if self.norm != "virtual_batch" else VirtualBatch(encoder, shape_of(spec))


class ResidualDecoderParams(Block):
    """A linear layer, then a residual block a doubling."""

    kind: Literal["resnet"]
    width: Width = 64
    """Channels after the last block."""
    norm: VectorNorm = "batch"

    def build(self, inputs: int, spec: Spec) -> "ResidualDecoder | VirtualBatch":
        """Build a network of [N, inputs] -> samples [N, C, H, W], in tanh where bounded."""
        decoder = ResidualDecoder(inputs, spec, width=self.width, norm=self.norm)
        return decoder if self.norm != "virtual_batch" else VirtualBatch(decoder, (inputs,))


class ResidualEncoder(nn.Module):
    """See `ResidualEncoderParams`."""

    def __init__(
        self,
        spec: Spec,
        outputs: int,
        *,
        width: int,
        norm: VectorNorm,
        minibatch: Minibatch = "none",
    ) -> None:
        """Raise ValueError where `halvings` does."""
        super().__init__()
        self.size = (spec.height, spec.width)
        levels, _ = halvings(spec)
        widths = widths_of(width, levels)
        self.blocks = nn.Sequential()
        for level, (inputs, outputs_) in enumerate(pairwise([spec.channels, *widths])):
            self.blocks.append(
                ResidualBlock(inputs, outputs_, norm, resample="down", first=level == 0)
            )
        self.minibatch, seen = minibatch_layer(minibatch, widths[-1])
        self.head = nn.Linear(seen, outputs)

    def features(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to what the last layer sees of each sample, [N, F]."""
        y: Tensor = relu(self.blocks(x)).mean((2, 3))
        return y

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, outputs]."""
        y: Tensor = self.head(self.minibatch(self.features(x)))
        return y


class ResidualDecoder(nn.Module):
    """See `ResidualDecoderParams`."""

    def __init__(self, inputs: int, spec: Spec, *, width: int, norm: VectorNorm) -> None:
        """Raise ValueError where `halvings` does."""
        super().__init__()
        levels, (rows, columns) = halvings(spec)
        widths = list(reversed(widths_of(width, levels)))
        self.stem = nn.Sequential(
            nn.Linear(inputs, widths[0] * rows * columns),
            nn.Unflatten(1, (widths[0], rows, columns)),
        )
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(before, after, norm, resample="up")
                for before, after in pairwise([widths[0], *widths])
            )
        )
        self.head = nn.Sequential(
            vector_norm_layer(norm, widths[-1]),
            nn.ReLU(),
            nn.Conv2d(widths[-1], spec.channels, 3, padding=1),
        )
        if spec.bounded:
            self.head.append(nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        """Map [N, inputs] to [N, C, H, W]."""
        y: Tensor = self.head(self.blocks(self.stem(z)))
        return y


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a 1x1 one, both ways halved or doubled."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        norm: VectorNorm,
        *,
        resample: Literal["up", "down"],
        first: bool = False,
    ) -> None:
        """Take ``first`` for the block that sees samples: no activation comes before it."""
        super().__init__()
        self.first = first
        self.scale: Literal["up", "down"] = resample
        self.norm_1 = vector_norm_layer("none" if first else norm, inputs)
        self.conv_1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm_2 = vector_norm_layer("none" if first else norm, outputs)
        self.conv_2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)
        nn.init.xavier_uniform_(self.conv_1.weight, 2**0.5)
        nn.init.xavier_uniform_(self.conv_2.weight, 2**0.5)
        nn.init.xavier_uniform_(self.shortcut.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H / 2 or 2 H, ...]."""
        y = x if self.first else relu(self.norm_1(x))
        if self.scale == "up":
            x, y = interpolate(x, scale_factor=2.0), interpolate(y, scale_factor=2.0)
        y = self.conv_2(relu(self.norm_2(self.conv_1(y))))
        if self.scale == "down":
            x, y = avg_pool2d(x, 2), avg_pool2d(y, 2)
        both: Tensor = y + self.shortcut(x)
        return both


def widths_of(width: int, levels: int) -> list[int]:
    """List the channels after each halving."""
    return [width * min(2**level, BROADEST) for level in range(levels)]
