"""The generator of StyleGAN2 (Karras et al. 2020, figure 7b): modulation in place of AdaIN.

Samples add up over the sizes (skip connections), so no layer needs growing. The discriminator is in
`backbones.stylegan2`.
"""

from typing import Literal

import torch
from pydantic import PositiveFloat
from torch import Generator, Tensor, nn

from pipeline.backbones.convolutional import halvings
from pipeline.backbones.styled import StyledParams, Synthesis
from pipeline.nn.fir import double
from pipeline.nn.modulated import ModulatedConv2d
from pipeline.nn.noise import Noise, NoiseInput
from pipeline.nn.scaled_activation import scaled_leaky_relu
from pipeline.samples import Spec


class StyleGAN2Params(StyledParams):
    """Modulated and demodulated convolutions, noise, and samples added up over the sizes."""

    kind: Literal["stylegan2"] = "stylegan2"
    conv_clamp: PositiveFloat | None = None
    """Clamps what layers give to +- this. The public code's 256 keeps fp16 from overflowing, which
    bf16 and fp32 don't."""

    def build_synthesis(self, spec: Spec) -> "StyleGAN2Synthesis":
        """Build what draws samples of styles; raise ValueError where samples do not halve."""
        return StyleGAN2Synthesis(
            spec, width=self.width, most=self.most, dim=self.dim, clamp=self.conv_clamp
        )


class StyleGAN2Synthesis(Synthesis):
    """See `StyleGAN2Params`."""

    def __init__(self, spec: Spec, *, width: int, most: int, dim: int, clamp: float | None) -> None:
        super().__init__()
        levels, (rows, columns) = halvings(spec)
        widths = [min(width * 2**level, most) for level in reversed(range(levels + 1))]
        self.layers = 2 * levels + 2
        self.start = nn.Parameter(torch.randn(widths[0], rows, columns))
        self.convs = nn.ModuleList([StyledConv(widths[0], widths[0], (rows, columns), dim, clamp)])
        for level in range(1, levels + 1):
            size = (rows * 2**level, columns * 2**level)
            inputs, outputs = widths[level - 1 : level + 1]
            self.convs.append(StyledConv(inputs, outputs, size, dim, clamp, double=True))
            self.convs.append(StyledConv(outputs, outputs, size, dim, clamp))
        self.to_samples = nn.ModuleList(
            ToSample(channels, spec.channels, dim, clamp) for channels in widths
        )

    def forward(
        self, ws: Tensor, noise: Noise = "fresh", generator: Generator | None = None
    ) -> Tensor:
        """Map a w for each layer [N, layers, W] to samples [N, C, H, W]."""
        x = self.convs[0](self.start.expand(len(ws), -1, -1, -1), ws[:, 0], noise, generator)
        y: Tensor = self.to_samples[0](x, ws[:, 1])
        for level in range(1, len(self.to_samples)):
            at = 2 * level - 1
            x = self.convs[at](x, ws[:, at], noise, generator)
            x = self.convs[at + 1](x, ws[:, at + 1], noise, generator)
            y = enlarged_sum(y, self.to_samples[level](x, ws[:, at + 2]))
        return y


class StyledConv(nn.Module):
    """A modulated 3x3 convolution, noise, bias and activation."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: tuple[int, int],
        dim: int,
        clamp: float | None,
        *,
        double: bool = False,
    ) -> None:
        """Take the height and width of what it gives."""
        super().__init__()
        self.conv = ModulatedConv2d(inputs, outputs, 3, dim, double=double)
        self.noise = NoiseInput(size)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.clamp = clamp

    def forward(self, x: Tensor, w: Tensor, noise: Noise, generator: Generator | None) -> Tensor:
        """Map [N, inputs, h, w] in styles of w [N, dim] to [N, outputs, H, W]."""
        y = self.noise(self.conv(x, w), noise, generator)
        return scaled_leaky_relu(y + self.bias.to(y.dtype)[:, None, None], self.clamp)


class ToSample(nn.Module):
    """A modulated 1x1 convolution to the channels of samples, without demodulation."""

    def __init__(self, inputs: int, channels: int, dim: int, clamp: float | None) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(inputs, channels, 1, dim, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(channels))
        self.clamp = clamp

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Map [N, inputs, H, W] in styles of w [N, dim] to samples [N, C, H, W], float32."""
        y: Tensor = self.conv(x, w).float() + self.bias[:, None, None]
        return y if self.clamp is None else y.clamp(-self.clamp, self.clamp)


def enlarged_sum(smaller: Tensor, x: Tensor) -> Tensor:
    """Double samples [N, C, H / 2, W / 2] and add those of the next size, in float32."""
    with torch.autocast(x.device.type, enabled=False):
        return double(smaller) + x
