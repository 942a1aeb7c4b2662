"""The generator of progressive growing (Karras et al. 2018, section 2 and table 2).

Each level has its own layer to pictures, of which the two at work are blended while a level fades
in. Layers have the equalised learning rate, and pixel norm follows each. Pictures come out without
tanh, as published; in evaluation bounded ones are clamped to [-1, 1].
"""

import math
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, lerp, nn

from pipeline.backbones.convolutional import halvings
from pipeline.backbones.progressive import Growth, channels_of, enlarge
from pipeline.block import Block, Width
from pipeline.nn.equalised import EqualisedConv2d, EqualisedLinear, PixelNorm
from pipeline.samples import Spec

GAIN = math.sqrt(2)


class ProgressiveGeneratorParams(Block):
    """A linear layer to 4 rows or columns, then two 3x3 convolutions a size."""

    kind: Literal["progressive"] = "progressive"
    width: Width = 16
    """Channels at full size; they double at each lower level. Published: 16 at 1024 pixels."""
    most: Width = 512
    """Channels at most."""

    def build(self, inputs: int, spec: Spec, start: int | None = None) -> "ProgressiveGenerator":
        """Build a network of [N, inputs] -> samples [N, C, H, W].

        ``start``: the level that it grows from; None: it begins full-grown. Raises ValueError where
        samples do not halve, or ``start`` lies above their level.
        """
        levels, smallest = halvings(spec)
        return ProgressiveGenerator(
            inputs,
            channels_of(spec, self.width, self.most),
            smallest,
            outputs=spec.channels,
            start=levels if start is None else start,
            bounded=spec.bounded,
        )

    def build_on(self, below: nn.Module, spec: Spec) -> "ProgressiveGenerator":
        """Build a full-grown network of samples of ``spec`` whose lower layers are ``below``'s.

        They are frozen; the channels above them are this block's. Raises ValueError where ``below``
        is no generator that such samples could grow from.
        """
        if not isinstance(below, ProgressiveGenerator):
            raise ValueError("expected a generator of kind progressive below")
        levels, smallest = halvings(spec)
        if below.levels >= levels or below.stem_size != smallest or below.outputs != spec.channels:
            raise ValueError(
                f"found a generator of {below.outputs} channels that doubles {below.stem_size} "
                f"{below.levels} times below, allowed: one of {spec.channels} that doubles "
                f"{smallest} fewer than {levels} times"
            )
        channels = channels_of(spec, self.width, self.most)
        channels[: below.levels + 1] = below.channels
        grown = ProgressiveGenerator(
            below.inputs,
            channels,
            smallest,
            outputs=spec.channels,
            start=levels,
            bounded=spec.bounded,
        )
        grown.stem = below.stem.requires_grad_(False)
        for level, block in enumerate(below.blocks):
            grown.blocks[level] = block.requires_grad_(False)
        return grown


class ProgressiveGenerator(nn.Module):
    """See `ProgressiveGeneratorParams`."""

    grown: Tensor

    def __init__(
        self,
        inputs: int,
        channels: list[int],
        smallest: tuple[int, int],
        *,
        outputs: int,
        start: int,
        bounded: bool,
    ) -> None:
        """Take the ``channels`` of each level, and height and width of level 0."""
        super().__init__()
        self.inputs, self.channels, self.stem_size = inputs, channels, smallest
        self.outputs, self.start, self.bounded = outputs, start, bounded
        self.levels = len(channels) - 1
        if start > self.levels:
            raise ValueError(f"start: found {start}, allowed: at most {self.levels} doublings")
        self.stem = Stem(inputs, channels[0], smallest)
        self.blocks = nn.ModuleList(DoublingBlock(a, b) for a, b in pairwise(channels))
        self.heads = nn.ModuleList(EqualisedConv2d(c, outputs, 1) for c in channels[start:])
        # Whole numbers, which averages of weights copy: a copy knows how far it has grown.
        self.register_buffer("grown", torch.tensor([self.levels, 1, 1]))
        self.growth: Growth | None = None

    def grow(self, growth: Growth) -> None:
        """Work at a level from now on."""
        if growth != self.growth:
            self.growth = growth
            for place, value in enumerate(growth):
                self.grown[place].fill_(value)

    def current(self) -> Growth:
        """Return how far it has grown."""
        return Growth(*self.grown.tolist()) if self.growth is None else self.growth

    def forward(self, z: Tensor) -> Tensor:
        """Map [N, inputs] to samples [N, C, H, W], those of lower levels enlarged."""
        level = self.current().level
        y = enlarge(self.at_level(z), self.levels - level)
        return y.clamp(-1, 1) if self.bounded and not self.training else y

    def at_level(self, z: Tensor) -> Tensor:
        """Map [N, inputs] to samples [N, C, h, w] of the size that it works at."""
        growth = self.current()
        below, y = None, self.stem(z)
        for block in self.blocks[: growth.level]:
            below, y = y, block(y)
        picture: Tensor = self.head(growth.level)(y)
        if not growth.fading:
            return picture
        return lerp(enlarge(self.head(growth.level - 1)(below)), picture, growth.alpha)

    def head(self, level: int) -> nn.Module:
        """Return the layer to pictures of a level from ``start`` on."""
        return self.heads[level - self.start]


class Stem(nn.Module):
    """From vectors to feature maps of the smallest size."""

    def __init__(self, inputs: int, channels: int, size: tuple[int, int]) -> None:
        super().__init__()
        rows, columns = size
        # The gain that the published code has at 4x4: sqrt(2) / 4.
        gain = GAIN / math.sqrt(rows * columns)
        self.norm = PixelNorm()
        self.linear = EqualisedLinear(inputs, channels * rows * columns, gain=gain, bias=None)
        self.shape = nn.Unflatten(1, (channels, rows, columns))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))
        self.conv = EqualisedConv2d(channels, channels, 3, gain=GAIN)
        self.act = nn.LeakyReLU(0.2)

    def forward(self, z: Tensor) -> Tensor:
        """Map [N, inputs] to [N, channels, h, w]."""
        y = self.norm(self.act(self.shape(self.linear(self.norm(z))) + self.bias))
        normed: Tensor = self.norm(self.act(self.conv(y)))
        return normed


class DoublingBlock(nn.Module):
    """Nearest neighbours, then two 3x3 convolutions."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_1 = EqualisedConv2d(inputs, outputs, 3, gain=GAIN)
        self.conv_2 = EqualisedConv2d(outputs, outputs, 3, gain=GAIN)
        self.act, self.norm = nn.LeakyReLU(0.2), PixelNorm()

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, h, w] to [N, outputs, 2h, 2w]."""
        y = self.norm(self.act(self.conv_1(enlarge(x))))
        normed: Tensor = self.norm(self.act(self.conv_2(y)))
        return normed
