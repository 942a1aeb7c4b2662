"""A discriminator of whole samples, of StyleGAN2's kind (Karras et al. 2020, figure 7c).

Residual blocks that blur before they halve, and the standard deviation over the batch near the end.
Without the equalised rate: weights begin as He et al. 2015 draw them.
"""

import math
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu

from pipeline.backbones.convolutional import halvings
from pipeline.block import Block, Width
from pipeline.samples import Spec

FILTER = (1.0, 3.0, 3.0, 1.0)


class StyleGAN2DiscriminatorParams(Block):
    """Residual blocks that halve samples to 4 rows or columns, then one logit each."""

    kind: Literal["stylegan2"] = "stylegan2"
    width: Width = 64
    """Channels at full size; they double at each halving."""
    most: Width = 512
    """Channels at most."""

    def build(self, spec: Spec) -> "StyleGAN2Discriminator":
        """Build a network of samples [N, C, H, W] -> logits [N, 1].

        Raises ValueError where samples do not halve.
        """
        return StyleGAN2Discriminator(spec, width=self.width, most=self.most)


class StyleGAN2Discriminator(nn.Module):
    """See `StyleGAN2DiscriminatorParams`."""

    def __init__(self, spec: Spec, *, width: int, most: int) -> None:
        super().__init__()
        self.size = (spec.height, spec.width)
        levels, (rows, columns) = halvings(spec)
        widths = [min(width * 2**level, most) for level in range(levels + 1)]
        self.stem = nn.Conv2d(spec.channels, widths[0], 1)
        self.blocks = nn.Sequential(*(HalvingBlock(a, b) for a, b in pairwise(widths)))
        last = widths[-1]
        self.conv = nn.Conv2d(last + 1, last, 3, padding=1)
        self.hidden = nn.Linear(last * rows * columns, last)
        self.head = nn.Linear(last, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, 0.2)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to logits [N, 1]."""
        y = self.blocks(leaky_relu(self.stem(x), 0.2))
        y = leaky_relu(self.conv(with_batch_std(y)), 0.2)
        logits: Tensor = self.head(leaky_relu(self.hidden(y.flatten(1)), 0.2))
        return logits


class HalvingBlock(nn.Module):
    """Two 3x3 convolutions beside a 1x1 one, each way halved."""

    kernel: Tensor

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv_1 = nn.Conv2d(inputs, inputs, 3, padding=1)
        self.conv_2 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.beside = nn.Conv2d(inputs, outputs, 1, bias=False)
        line = torch.tensor(FILTER) / sum(FILTER)
        self.register_buffer("kernel", torch.outer(line, line)[None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H / 2, W / 2]."""
        y = leaky_relu(self.conv_2(self.halve(leaky_relu(self.conv_1(x), 0.2))), 0.2)
        both: Tensor = y + self.beside(self.halve(x))
        return both / math.sqrt(2)

    def halve(self, x: Tensor) -> Tensor:
        """Return every other row and column of the blurred map (Zhang 2019)."""
        kernel = self.kernel.to(x.dtype).expand(x.shape[1], -1, -1, -1)
        return conv2d(x, kernel, stride=2, padding=1, groups=x.shape[1])


def with_batch_std(x: Tensor) -> Tensor:
    """Add to [N, C, h, w] one map that says how much the batch varies: [N, C + 1, h, w].

    Karras et al. 2018, section 3, over the whole batch as one group.
    """
    std = (x.float().var(dim=0, correction=0) + 1e-8).sqrt().mean()
    return torch.cat([x, std.to(x.dtype).expand(len(x), 1, *x.shape[2:])], dim=1)
