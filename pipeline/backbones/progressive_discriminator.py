"""The discriminator of progressive growing (Karras et al. 2018, sections 2, 3 and table 2).

The generator's mirror, without normalisation; the standard deviation over the batch comes in at the
smallest size. While a level fades in, what its block makes of samples is blended with what the
layer below sees in the samples halved.
"""

import math
from itertools import pairwise
from typing import Literal

from torch import Tensor, lerp, nn

from pipeline.backbones.convolutional import halvings
from pipeline.backbones.progressive import Growth, channels_of, halve
from pipeline.block import Block, Width
from pipeline.nn.equalised import EqualisedConv2d, EqualisedLinear
from pipeline.nn.minibatch import with_batch_std
from pipeline.samples import Spec

GAIN = math.sqrt(2)


class ProgressiveDiscriminatorParams(Block):
    """Two 3x3 convolutions a size down to 4 rows or columns, then one logit each."""

    kind: Literal["progressive"] = "progressive"
    width: Width = 16
    """Channels at full size; they double at each lower level. Published: 16 at 1024 pixels."""
    most: Width = 512
    """Channels at most."""

    def build(self, spec: Spec, start: int | None = None) -> "ProgressiveDiscriminator":
        """Build a network of samples [N, C, H, W] -> logits [N, 1].

        ``start``: the level that it grows from; None: it begins full-grown. Raises ValueError where
        samples do not halve, or ``start`` lies above their level.
        """
        levels, smallest = halvings(spec)
        return ProgressiveDiscriminator(
            spec.channels,
            channels_of(spec, self.width, self.most),
            smallest,
            start=levels if start is None else start,
        )


class ProgressiveDiscriminator(nn.Module):
    """See `ProgressiveDiscriminatorParams`."""

    def __init__(
        self, inputs: int, channels: list[int], smallest: tuple[int, int], *, start: int
    ) -> None:
        """Take the ``channels`` of each level, and height and width of level 0."""
        super().__init__()
        self.start, self.levels = start, len(channels) - 1
        if start > self.levels:
            raise ValueError(f"start: found {start}, allowed: at most {self.levels} doublings")
        rows, columns = smallest
        self.size = (rows * 2**self.levels, columns * 2**self.levels)
        self.growth = Growth(self.levels)
        self.heads = nn.ModuleList(
            EqualisedConv2d(inputs, c, 1, gain=GAIN) for c in channels[start:]
        )
        self.blocks = nn.ModuleList(HalvingBlock(b, a) for a, b in pairwise(channels))
        last = channels[0]
        self.conv = EqualisedConv2d(last + 1, last, 3, gain=GAIN)
        self.hidden = EqualisedLinear(last * rows * columns, last, gain=GAIN)
        self.head = EqualisedLinear(last, 1)
        self.act = nn.LeakyReLU(0.2)

    def grow(self, growth: Growth) -> None:
        """Work at a level from now on."""
        self.growth = growth

    def forward(self, x: Tensor) -> Tensor:
        """Map samples [N, C, h, w] of the size that it works at to logits [N, 1]."""
        growth = self.growth
        y = self.seen(x, growth.level)
        for level in range(growth.level, 0, -1):
            y = self.blocks[level - 1](y)
            if growth.fading and level == growth.level:
                y = lerp(self.seen(halve(x), level - 1), y, growth.alpha)
        y = self.act(self.conv(with_batch_std(y)))
        logits: Tensor = self.head(self.act(self.hidden(y.flatten(1))))
        return logits

    def seen(self, x: Tensor, level: int) -> Tensor:
        """Map samples of the size of a level from ``start`` on to its channels."""
        y: Tensor = self.act(self.heads[level - self.start](x))
        return y


class HalvingBlock(nn.Module):
    """Two 3x3 convolutions, then the mean of each square."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_1 = EqualisedConv2d(inputs, inputs, 3, gain=GAIN)
        self.conv_2 = EqualisedConv2d(inputs, outputs, 3, gain=GAIN)
        self.act = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, h, w] to [N, outputs, h / 2, w / 2]."""
        return halve(self.act(self.conv_2(self.act(self.conv_1(x)))))
