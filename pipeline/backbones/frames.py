"""Networks of spectral frames: a translator that adds to them, and two discriminators at once.

Both see a frame as one vector, for what a vocal tract changes reaches across all frequencies; one
discriminator sees patches of frequency and time too.
"""

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import gelu, leaky_relu

from pipeline.block import Block, Kernel, Width
from pipeline.nn.convolution import add_spectral_norm

SLOPE = 0.2
GAIN = 0.01
"""Factor of the first weights of a translator's last layer."""


class FrameTranslatorParams(Block):
    """Convolutions over time, whose sum is added to what they were given: at first hardly anything.

    So an untrained translator leaves standardised frames as they are, which is the conversion by
    each speaker's mean and std.
    """

    width: Width = 192
    """Channels of the hidden layers."""
    dilations: tuple[Kernel, ...] = Field((1, 2, 4), min_length=1, max_length=64)
    """One for each residual block, of the convolution over three frames in it."""

    def build(self, rows: int) -> "FrameTranslator":
        """Build a network of [N, 1, rows, T] -> the same."""
        return FrameTranslator(rows, self.width, self.dilations)


class FrameDiscriminatorsParams(Block):
    """Two discriminators, of patches and of whole frames, all layers under spectral norm."""

    width: Width = 24
    """Channels of the first layer of patches; they double at each of two further halvings."""
    frames_width: Width = 96
    """Channels of the first two layers of whole frames; the third has twice as many."""

    def build(self, rows: int) -> "FrameDiscriminators":
        """Build networks of [N, 1, rows, T] -> two lists of one tensor, the logits."""
        return FrameDiscriminators(rows, self.width, self.frames_width)


class FrameTranslator(nn.Module):
    """See `FrameTranslatorParams`."""

    def __init__(self, rows: int, width: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.first = nn.Conv1d(rows, width, 5, padding=2)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation),
                nn.GELU(),
                nn.Conv1d(width, width, 1),
            )
            for dilation in dilations
        )
        self.last = nn.Conv1d(width, rows, 1)
        with torch.no_grad():
            for parameter in self.last.parameters():
                parameter.mul_(GAIN)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, 1, C, T] to [N, 1, C, T]."""
        h = gelu(self.first(x.squeeze(1)))  # [N, width, T]
        for block in self.blocks:
            h = h + block(h)
        y: Tensor = x + self.last(h).unsqueeze(1)
        return y


class FrameDiscriminators(nn.Module):
    """See `FrameDiscriminatorsParams`."""

    def __init__(self, rows: int, width: int, frames_width: int) -> None:
        super().__init__()
        self.patches = nn.ModuleList(
            [
                nn.Conv2d(1, width, 5, stride=(2, 1), padding=2),
                nn.Conv2d(width, 2 * width, 5, stride=2, padding=2),
                nn.Conv2d(2 * width, 4 * width, 5, stride=2, padding=2),
                nn.Conv2d(4 * width, 1, 3, padding=1),
            ]
        )
        self.frames = nn.ModuleList(
            [
                nn.Conv2d(1, frames_width, (rows, 5), padding=(0, 2)),
                nn.Conv2d(frames_width, frames_width, (1, 5), stride=(1, 2), padding=(0, 2)),
                nn.Conv2d(frames_width, 2 * frames_width, (1, 5), stride=(1, 2), padding=(0, 2)),
                nn.Conv2d(2 * frames_width, 1, (1, 3), padding=(0, 1)),
            ]
        )
        add_spectral_norm(self)

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        """Map [N, 1, C, T] to logits [N, 1, any, any] of patches and of frames."""
        return [[logits(self.patches, x)], [logits(self.frames, x)]]


def logits(layers: nn.ModuleList, x: Tensor) -> Tensor:
    """Send ``x`` through convolutions with leaky rectifiers between."""
    for number, layer in enumerate(layers):
        x = layer(leaky_relu(x, SLOPE) if number else x)
    return x
