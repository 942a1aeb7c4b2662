"""A vision transformer as encoder and decoder of codes (Yu et al. 2022, section 3.1).

Patches that do not overlap become one vector each; transformer blocks; a vector becomes a patch
again after two linear layers with a tanh between them. Places are told by sines and cosines, so
that one network takes any size. The published small, base and large networks have 8, 12 and 32
layers of width 512, 768 and 1280, hidden layers of 2048, 3072 and 5120, for patches of 8.
"""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from pipeline.block import Block as Parameters
from pipeline.block import Layers, Width
from pipeline.nn.transformer import Block, init_gpt


class VitParams(Parameters):
    """By default the published small network."""

    kind: Literal["vit"]
    patch: int = Field(8, ge=1, le=1024)
    """Height and width of a patch."""
    layers: Layers = 8
    """Of the encoder, and of the decoder."""
    heads: Width = 8
    width: int = Field(512, ge=4, le=2**14, multiple_of=4)
    """Numbers of a place; a multiple of 4, and ``heads`` share them evenly."""

    @property
    def multiple(self) -> int:
        """By which factor codes are smaller than samples."""
        return self.patch

    @property
    def channels(self) -> int:
        """Channels of the encoder's output and the decoder's input."""
        return self.width

    def build_encoder(self, inputs: int) -> "VitEncoder":
        """Build a network of samples [N, inputs, H, W] -> [N, width, H / patch, W / patch]."""
        return VitEncoder(inputs, self)

    def build_decoder(self, outputs: int) -> "VitDecoder":
        """Build a network of [N, width, h, w] -> [N, outputs, h * patch, w * patch].

        It has no tanh at the end.
        """
        return VitDecoder(outputs, self)


class VitEncoder(nn.Module):
    """See `VitParams`."""

    def __init__(self, inputs: int, params: VitParams) -> None:
        super().__init__()
        self.multiple = params.patch
        self.embed = nn.Conv2d(inputs, params.width, params.patch, stride=params.patch)
        self.blocks = blocks(params)
        self.norm = nn.LayerNorm(params.width)
        init_gpt(self, params.layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, width, h, w]."""
        return through(self.embed(x), self.blocks, self.norm)


class VitDecoder(nn.Module):
    """See `VitParams`."""

    def __init__(self, outputs: int, params: VitParams) -> None:
        super().__init__()
        self.blocks = blocks(params)
        self.norm = nn.LayerNorm(params.width)
        self.hidden = nn.Conv2d(params.width, params.width, 1)
        self.head = nn.Conv2d(params.width, outputs * params.patch**2, 1)
        self.unfold = nn.PixelShuffle(params.patch)
        init_gpt(self, params.layers)

    @property
    def last(self) -> Tensor:
        """The weights of the last layer."""
        return self.head.weight

    def forward(self, z: Tensor) -> Tensor:
        """Map [N, width, h, w] to [N, outputs, H, W]."""
        y = through(z, self.blocks, self.norm)
        out: Tensor = self.unfold(self.head(self.hidden(y).tanh()))
        return out


def blocks(params: VitParams) -> nn.Sequential:
    """Return the transformer of one side."""
    return nn.Sequential(
        *(Block(params.width, params.heads, causal=False) for _ in range(params.layers))
    )


def through(x: Tensor, layers: nn.Module, norm: nn.Module) -> Tensor:
    """Send a map [N, C, h, w] through blocks that take sequences, its places told apart."""
    rows, columns = x.shape[2:]
    places = sines(rows, columns, x.shape[1], x.device)
    y = norm(layers(x.flatten(2).transpose(1, 2) + places))  # [N, h * w, C]
    found: Tensor = y.transpose(1, 2).unflatten(2, (rows, columns))
    return found


def sines(rows: int, columns: int, width: int, device: torch.device) -> Tensor:
    """Compute [rows * columns, width]: half of the numbers tell the row, half the column.

    Vaswani et al. 2017, section 3.5, once for each axis.
    """
    scale = -math.log(10_000.0) / (width // 4)
    rates = (torch.arange(width // 4, device=device) * scale).exp()

    def along(count: int) -> Tensor:
        angles = torch.arange(count, device=device)[:, None] * rates
        return torch.cat([angles.sin(), angles.cos()], dim=1)  # [count, width / 2]

    down = along(rows)[:, None].expand(-1, columns, -1)
    across = along(columns)[None].expand(rows, -1, -1)
    return torch.cat([down, across], dim=2).flatten(0, 1)
