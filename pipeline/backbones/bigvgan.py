"""The generator of BigVGAN: HiFi-GAN's with periodic activations that do not alias.

Lee et al. 2023 (arXiv:2206.04658), section 3; the second version differs in its last layers. With
100 mels and weight norm folded in, the first version's base has 14,015,041 parameters and the
second version at 24 kHz 112,414,512.
"""

from functools import partial
from typing import Literal

from torch import Tensor, nn

from pipeline.backbones.hifigan import PairedBlock, SingleBlock, UpsamplingParams
from pipeline.nn.snake import AntiAliasedSnake


class BigvganParams(UpsamplingParams):
    """The first version's base network by default, whose layers are those of HiFi-GAN's V1."""

    kind: Literal["bigvgan"] = "bigvgan"
    activation: Literal["snake", "snakebeta"] = "snakebeta"
    """One number for frequency and magnitude of each channel's period, or one for each."""
    logarithmic: bool = True
    """Those numbers' logarithms are learnt."""
    tanh: bool = True
    """At the end, against a cut at -1 and 1 (the second version)."""
    last_bias: bool = True
    """Of the last convolution; the second version has none."""

    def build(self, mels: int) -> "Bigvgan":
        """Build a network of [N, mels, T] -> [N, 1, T * hop] in [-1, 1]."""
        return Bigvgan(
            mels,
            channels=self.channels,
            rates=self.rates,
            kernels=self.kernels,
            block=self.block,
            block_kernels=self.block_kernels,
            block_dilations=self.block_dilations,
            separate=self.activation == "snakebeta",
            logarithmic=self.logarithmic,
            tanh=self.tanh,
            last_bias=self.last_bias,
        )


class Bigvgan(nn.Module):
    """See `BigvganParams`. Layers are called as in the published checkpoints."""

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
        separate: bool,
        logarithmic: bool,
        tanh: bool,
        last_bias: bool,
    ) -> None:
        super().__init__()
        self.beside, self.tanh = len(block_kernels), tanh
        self.conv_pre = nn.Conv1d(mels, channels, 7, padding=3)
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        activation = partial(AntiAliasedSnake, separate=separate, logarithmic=logarithmic)
        for rate, kernel in zip(rates, kernels, strict=True):
            padding = (kernel - rate) // 2
            up = nn.ConvTranspose1d(channels, channels // 2, kernel, rate, padding)
            self.ups.append(nn.ModuleList([up]))
            channels //= 2
            for size, dilations in zip(block_kernels, block_dilations, strict=True):
                kind = PairedBlock if block == 1 else SingleBlock
                self.resblocks.append(kind(channels, size, dilations, activation))
        self.activation_post = activation(channels)
        self.conv_post = nn.Conv1d(channels, 1, 7, padding=3, bias=last_bias)

    def forward(self, frames: Tensor) -> Tensor:
        """Map [N, mels, T] to [N, 1, T * hop]."""
        x = self.conv_pre(frames)
        for level, ups in enumerate(self.ups):
            assert isinstance(ups, nn.ModuleList)
            x = ups[0](x)
            first = level * self.beside
            blocks = self.resblocks[first : first + self.beside]
            x = sum(block(x) for block in blocks) / self.beside
        y: Tensor = self.conv_post(self.activation_post(x))
        return y.tanh() if self.tanh else y.clamp(-1, 1)
