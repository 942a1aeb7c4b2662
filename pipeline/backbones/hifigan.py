"""The generator of HiFi-GAN: log-mel frames to a waveform (Kong, Kim and Bae 2020).

Transposed convolutions bring frames to the rate of samples; after each, residual blocks of several
kernels and dilations run beside each other, and their mean goes on (section 2.2, appendix A.1).
With 80 mels and weight norm folded in: V1 13,926,017 parameters, V2 925,985, V3 1,462,273.
"""

import math
from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from pipeline.block import Block, Kernel, Width

SLOPE = 0.1
LAST_SLOPE = 0.01  # before the last convolution the published code leaves torch's default

Activation = Callable[[int], nn.Module]
"""Makes what goes between convolutions of so many channels."""
Dilations = Annotated[tuple[Kernel, ...], Field(max_length=16)]


class UpsamplingParams(Block):
    """The layers of HiFi-GAN by numbers, which BigVGAN shares."""

    channels: Width = 512
    """After the first convolution; each upsampling halves them."""
    rates: tuple[Kernel, ...] = Field((8, 8, 2, 2), min_length=1, max_length=12)
    """Factors by which each upsampling lengthens its input; their product is the hop."""
    kernels: tuple[Kernel, ...] = Field((16, 16, 4, 4), max_length=12)
    """Of the upsamplings: at least as long as their rates, by an even number."""
    block: Literal[1, 2] = 1
    """Residual blocks of pairs of convolutions (1), or of single ones (2, of V3)."""
    block_kernels: tuple[Kernel, ...] = Field((3, 7, 11), min_length=1, max_length=16)
    """Odd; one block beside the others for each."""
    block_dilations: tuple[Dilations, ...] = Field(((1, 3, 5), (1, 3, 5), (1, 3, 5)), max_length=16)
    """For each block its convolutions' dilations."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.rates) != len(self.kernels):
            raise ValueError(f"{len(self.rates)} rates, but {len(self.kernels)} kernels")
        for rate, kernel in zip(self.rates, self.kernels, strict=True):
            if kernel < rate or (kernel - rate) % 2:
                raise ValueError(
                    f"a kernel is as long as its rate, or longer by an even number, not {kernel} "
                    f"for {rate}"
                )
        if self.channels % 2 ** len(self.rates):
            raise ValueError(f"{self.channels} channels can't be halved {len(self.rates)} times")
        if len(self.block_kernels) != len(self.block_dilations):
            raise ValueError(
                f"{len(self.block_kernels)} block_kernels, but {len(self.block_dilations)} "
                "block_dilations"
            )
        if even := [kernel for kernel in self.block_kernels if kernel % 2 == 0]:
            raise ValueError(f"block_kernels are odd, not {even[0]}")
        return self

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return math.prod(self.rates)


class HifiganParams(UpsamplingParams):
    """V1 by default; `V1`, `V2` and `V3` are the paper's versions."""

    kind: Literal["hifigan"] = "hifigan"

    def build(self, mels: int) -> "Hifigan":
        """Build a network of [N, mels, T] -> [N, 1, T * hop] in [-1, 1]."""
        return Hifigan(
            mels,
            channels=self.channels,
            rates=self.rates,
            kernels=self.kernels,
            block=self.block,
            block_kernels=self.block_kernels,
            block_dilations=self.block_dilations,
        )


V1 = HifiganParams()
"""The paper's best."""
V2 = HifiganParams(channels=128)
"""V1 at a quarter of its width."""
V3 = HifiganParams(
    channels=256,
    rates=(8, 8, 4),
    kernels=(16, 16, 8),
    block=2,
    block_kernels=(3, 5, 7),
    block_dilations=((1, 2), (2, 6), (3, 12)),
)
"""The paper's fastest."""


class Hifigan(nn.Module):
    """See `HifiganParams`. Layers are called as in the published checkpoints.

    Their weights begin as torch draws them. The published code draws them from N(0, 0.01) after
    weight norm has split them, which changes nothing that the network uses.
    """

    def __init__(
        self,
        mels: int,
        *,
        channels: int,
        rates: tuple[int, ...],
        kernels: tuple[int, ...],
        block: Literal[1, 2],
        block_kernels: tuple[int, ...],
        block_dilations: tuple[tuple[int, ...], ...],
    ) -> None:
        super().__init__()
        self.beside = len(block_kernels)
        self.conv_pre = nn.Conv1d(mels, channels, 7, padding=3)
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        for rate, kernel in zip(rates, kernels, strict=True):
            padding = (kernel - rate) // 2
            self.ups.append(nn.ConvTranspose1d(channels, channels // 2, kernel, rate, padding))
            channels //= 2
            for size, dilations in zip(block_kernels, block_dilations, strict=True):
                kind = PairedBlock if block == 1 else SingleBlock
                self.resblocks.append(kind(channels, size, dilations, leaky))
        self.conv_post = nn.Conv1d(channels, 1, 7, padding=3)

    def forward(self, frames: Tensor) -> Tensor:
        """Map [N, mels, T] to [N, 1, T * hop]."""
        x = self.conv_pre(frames)
        for level, up in enumerate(self.ups):
            x = up(leaky_relu(x, SLOPE))
            first = level * self.beside
            blocks = self.resblocks[first : first + self.beside]
            x = sum(block(x) for block in blocks) / self.beside
        y: Tensor = self.conv_post(leaky_relu(x, LAST_SLOPE)).tanh()
        return y


class PairedBlock(nn.Module):
    """A dilated convolution and a plain one beside an identity, for each dilation."""

    def __init__(
        self, channels: int, kernel: int, dilations: tuple[int, ...], activation: Activation
    ) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(same_conv(channels, kernel, dilation) for dilation in dilations)
        self.convs2 = nn.ModuleList(same_conv(channels, kernel, 1) for _ in dilations)
        self.activations = nn.ModuleList(activation(channels) for _ in range(2 * len(dilations)))

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, T] to [N, C, T]."""
        first, second = self.activations[::2], self.activations[1::2]
        for dilated, plain, before, between in zip(
            self.convs1, self.convs2, first, second, strict=True
        ):
            x = x + plain(between(dilated(before(x))))
        return x


class SingleBlock(nn.Module):
    """A dilated convolution beside an identity, for each dilation."""

    def __init__(
        self, channels: int, kernel: int, dilations: tuple[int, ...], activation: Activation
    ) -> None:
        super().__init__()
        self.convs = nn.ModuleList(same_conv(channels, kernel, dilation) for dilation in dilations)
        self.activations = nn.ModuleList(activation(channels) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, T] to [N, C, T]."""
        for dilated, before in zip(self.convs, self.activations, strict=True):
            x = x + dilated(before(x))
        return x


def leaky(channels: int) -> nn.Module:
    """Return HiFi-GAN's activation, the same for all channels."""
    return nn.LeakyReLU(SLOPE)


def same_conv(channels: int, kernel: int, dilation: int) -> nn.Conv1d:
    """Return a convolution that keeps the length."""
    return nn.Conv1d(
        channels, channels, kernel, dilation=dilation, padding=(kernel - 1) * dilation // 2
    )
