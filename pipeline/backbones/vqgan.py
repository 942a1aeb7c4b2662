"""The encoder and the decoder of VQGAN: residual blocks, and attention where maps are small.

Esser et al. 2021, whose networks are those of DDPM (Ho et al. 2020) without the noise level. By
default the published f16 network: 29,298,176 parameters of the encoder on three channels, and
42,449,795 of the decoder. ``CompVis/taming-transformers`` calls the layers as they are called here.
"""

import math
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad, scaled_dot_product_attention, silu

from pipeline.block import Block, Side, Width
from pipeline.nn.normalisation import GroupNorm

Multiplier = Annotated[int, Field(ge=1, le=64)]


class VqganParams(Block):
    """Halves height and width between two levels, of which there are as many as multipliers."""

    kind: Literal["vqgan"] = "vqgan"
    width: Width = 128
    """Channels of the first layer; those of each level are a multiple."""
    multipliers: tuple[Multiplier, ...] = Field((1, 1, 2, 2, 4), min_length=1, max_length=12)
    blocks: Annotated[int, Field(ge=1, le=32)] = 2
    """Residual blocks of each level of the encoder; the decoder has one more."""
    attention: tuple[Side, ...] = Field((16,), max_length=12)
    """Behind blocks whose maps are smaller than the samples by these factors."""
    channels: Width = 256
    """Channels of the encoder's output and the decoder's input."""
    middle_attention: bool = True
    """Attention at the smallest size too, between two residual blocks."""
    groups: Width = 32
    """Of group normalisation, at most: they divide the channels."""
    dropout: float = Field(0.0, ge=0, lt=1)

    @property
    def multiple(self) -> int:
        """By which factor codes are smaller than samples."""
        return int(2 ** (len(self.multipliers) - 1))

    def build_encoder(self, inputs: int) -> "Encoder":
        """Build a network of [N, inputs, H, W] -> [N, channels, H / multiple, W / multiple]."""
        return Encoder(inputs, self)

    def build_decoder(self, outputs: int) -> "Decoder":
        """Build a network of [N, channels, h, w] -> [N, outputs, h * multiple, w * multiple].

        It has no tanh at the end.
        """
        return Decoder(outputs, self)


class Encoder(nn.Module):
    """See `VqganParams`."""

    def __init__(self, inputs: int, params: VqganParams) -> None:
        super().__init__()
        self.multiple = params.multiple
        widths = [params.width * times for times in params.multipliers]
        self.conv_in = nn.Conv2d(inputs, params.width, 3, padding=1)
        self.down = nn.ModuleList()
        channels = params.width
        for level, wider in enumerate(widths):
            sizes = [channels, *[wider] * params.blocks]
            stage = Level(sizes, params, attends=2**level in params.attention)
            if level < len(widths) - 1:
                stage.downsample = Halve(wider)
            self.down.append(stage)
            channels = wider
        self.mid = Middle(channels, params)
        self.norm_out = norm(channels, params.groups)
        self.conv_out = nn.Conv2d(channels, params.channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, channels, h, w]."""
        y: Tensor = self.conv_in(x)
        for stage in self.down:
            y = stage(y)
        out: Tensor = self.conv_out(silu(self.norm_out(self.mid(y))))
        return out


class Decoder(nn.Module):
    """See `VqganParams`."""

    def __init__(self, outputs: int, params: VqganParams) -> None:
        super().__init__()
        widths = [params.width * times for times in params.multipliers]
        channels = widths[-1]
        self.conv_in = nn.Conv2d(params.channels, channels, 3, padding=1)
        self.mid = Middle(channels, params)
        stages: list[nn.Module] = []
        for level, wider in reversed(list(enumerate(widths))):
            sizes = [channels, *[wider] * (params.blocks + 1)]
            stage = Level(sizes, params, attends=2**level in params.attention)
            if level:
                stage.upsample = Double(wider)
            stages.append(stage)
            channels = wider
        self.up = nn.ModuleList(reversed(stages))  # the largest first, as published
        self.norm_out = norm(channels, params.groups)
        self.conv_out = nn.Conv2d(channels, outputs, 3, padding=1)

    @property
    def last(self) -> Tensor:
        """The weights of the last layer, where VQGAN compares its losses."""
        return self.conv_out.weight

    def forward(self, z: Tensor) -> Tensor:
        """Map [N, channels, h, w] to [N, outputs, H, W]."""
        y: Tensor = self.mid(self.conv_in(z))
        for number in range(len(self.up) - 1, -1, -1):
            y = self.up[number](y)
        out: Tensor = self.conv_out(silu(self.norm_out(y)))
        return out


class Level(nn.Module):
    """Residual blocks at one size, each with attention behind it or without, then a resampling."""

    def __init__(self, sizes: list[int], params: VqganParams, *, attends: bool) -> None:
        """Take ``sizes`` as the channels that come in, and those behind each block."""
        super().__init__()
        self.block = nn.ModuleList(Residual(a, b, params) for a, b in pairwise(sizes))
        self.attn = nn.ModuleList(
            Attention(channels, params.groups) for channels in sizes[1:] if attends
        )
        self.downsample: nn.Module | None = None
        self.upsample: nn.Module | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, C', H or H / 2 or 2 H, ...]."""
        for number, block in enumerate(self.block):
            x = block(x)
            if len(self.attn):
                x = self.attn[number](x)
        resample = self.downsample or self.upsample
        return x if resample is None else resample(x)


class Middle(nn.Module):
    """Two residual blocks, by default with attention between them, at the smallest size."""

    def __init__(self, channels: int, params: VqganParams) -> None:
        super().__init__()
        self.block_1 = Residual(channels, channels, params)
        self.attn_1: nn.Module = nn.Identity()
        if params.middle_attention:
            self.attn_1 = Attention(channels, params.groups)
        self.block_2 = Residual(channels, channels, params)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, h, w] to the same shape."""
        y: Tensor = self.block_2(self.attn_1(self.block_1(x)))
        return y


class Residual(nn.Module):
    """Two 3x3 convolutions, each behind group norm and SiLU, beside an identity or a 1x1 one."""

    def __init__(self, inputs: int, outputs: int, params: VqganParams) -> None:
        super().__init__()
        self.norm1 = norm(inputs, params.groups)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = norm(outputs, params.groups)
        self.dropout = nn.Dropout(params.dropout)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.nin_shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H, W]."""
        y: Tensor = self.conv1(silu(self.norm1(x)))
        y = self.conv2(self.dropout(silu(self.norm2(y))))
        return y + (x if self.nin_shortcut is None else self.nin_shortcut(x))


class Attention(nn.Module):
    """Every place looks at all (one head), beside an identity."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.norm = norm(channels, groups)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to the same shape."""
        y = self.norm(x)
        q, k, v = (
            layer(y).flatten(2).transpose(1, 2)[:, None] for layer in (self.q, self.k, self.v)
        )  # [N, 1, H * W, C]
        seen = scaled_dot_product_attention(q, k, v)[:, 0].transpose(1, 2)
        out: Tensor = self.proj_out(seen.reshape(x.shape))
        return x + out


class Halve(nn.Module):
    """A strided convolution; the border is at the right and below alone, as published."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, C, H / 2, W / 2]."""
        y: Tensor = self.conv(pad(x, (0, 1, 0, 1)))
        return y


class Double(nn.Module):
    """Nearest neighbour, then a convolution: no checkerboard."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, C, 2 H, 2 W]."""
        y: Tensor = self.conv(interpolate(x, scale_factor=2.0, mode="nearest"))
        return y


def norm(channels: int, groups: int) -> GroupNorm:
    """Build group norm in as many of ``groups`` as divide the channels."""
    return GroupNorm(math.gcd(groups, channels), channels, eps=1e-6)
