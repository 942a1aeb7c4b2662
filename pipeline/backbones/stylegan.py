"""The generator of StyleGAN (Karras et al. 2019): adaptive instance normalisation by styles.

Without progressive growing: samples come of the last size alone. Nearest-neighbour doubling, a
convolution and a [1, 2, 1] blur are, away from the border, one linear map with the doubling
convolution of `nn.fir`, which is used here: [1, 1] * [1, 2, 1] = [1, 3, 3, 1].
"""

import math
from typing import Literal

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import instance_norm, leaky_relu

from pipeline.backbones.convolutional import halvings
from pipeline.backbones.styled import StyledParams, Synthesis
from pipeline.nn.equalised import EqualisedConv2d, EqualisedLinear
from pipeline.nn.noise import Noise, NoiseInput
from pipeline.samples import Spec


class StyleGANParams(StyledParams):
    """Convolutions, noise, and instance norm whose scale and shift are styles."""

    kind: Literal["stylegan"] = "stylegan"

    def build_synthesis(self, spec: Spec) -> "StyleGANSynthesis":
        """Build what draws samples of styles; raise ValueError where samples do not halve."""
        return StyleGANSynthesis(spec, width=self.width, most=self.most, dim=self.dim)


class StyleGANSynthesis(Synthesis):
    """See `StyleGANParams`."""

    def __init__(self, spec: Spec, *, width: int, most: int, dim: int) -> None:
        super().__init__()
        levels, (rows, columns) = halvings(spec)
        widths = [min(width * 2**level, most) for level in reversed(range(levels + 1))]
        self.layers = 2 * levels + 2
        self.start = nn.Parameter(torch.ones(widths[0], rows, columns))
        self.first = StyledNorm(widths[0], (rows, columns), dim)
        self.convs = nn.ModuleList([AdaINConv(widths[0], widths[0], (rows, columns), dim)])
        for level in range(1, levels + 1):
            size = (rows * 2**level, columns * 2**level)
            inputs, outputs = widths[level - 1 : level + 1]
            self.convs.append(AdaINConv(inputs, outputs, size, dim, double=True))
            self.convs.append(AdaINConv(outputs, outputs, size, dim))
        self.to_sample = EqualisedConv2d(widths[-1], spec.channels, 1)

    def forward(
        self, ws: Tensor, noise: Noise = "fresh", generator: Generator | None = None
    ) -> Tensor:
        """Map a w for each layer [N, layers, W] to samples [N, C, H, W]."""
        x = self.first(self.start.expand(len(ws), -1, -1, -1), ws[:, 0], noise, generator)
        for at, conv in enumerate(self.convs, start=1):
            x = conv(x, ws[:, at], noise, generator)
        y: Tensor = self.to_sample(x)
        return y.float()


class AdaINConv(nn.Module):
    """A 3x3 convolution of the equalised learning rate, and a `StyledNorm`."""

    def __init__(
        self, inputs: int, outputs: int, size: tuple[int, int], dim: int, *, double: bool = False
    ) -> None:
        """Take the height and width of what it gives."""
        super().__init__()
        self.conv = EqualisedConv2d(
            inputs,
            outputs,
            3,
            gain=math.sqrt(2),
            bias=False,
            resample="double" if double else "none",
        )
        self.norm = StyledNorm(outputs, size, dim)

    def forward(self, x: Tensor, w: Tensor, noise: Noise, generator: Generator | None) -> Tensor:
        """Map [N, inputs, h, w] in styles of w [N, dim] to [N, outputs, H, W]."""
        y: Tensor = self.norm(self.conv(x), w, noise, generator)
        return y


class StyledNorm(nn.Module):
    """Noise, bias, leaky ReLU, and adaptive instance normalisation.

    AdaIN(x, w) = (1 + a) (x - mean(x)) / std(x) + b, with a and b [C] affine in w (equation 1; the
    public code's a begins at 0). Mean and deviation are each map's.
    """

    def __init__(self, channels: int, size: tuple[int, int], dim: int) -> None:
        super().__init__()
        self.noise = NoiseInput(size, channels)
        self.bias = nn.Parameter(torch.zeros(channels))
        self.affine = EqualisedLinear(dim, 2 * channels)

    def forward(self, x: Tensor, w: Tensor, noise: Noise, generator: Generator | None) -> Tensor:
        """Map [N, C, H, W] in styles of w [N, dim] to the same shape."""
        y = self.noise(x, noise, generator)
        y = leaky_relu(y + self.bias.to(y.dtype)[:, None, None], 0.2)
        a, b = self.affine(w)[:, :, None, None].chunk(2, dim=1)
        normed = instance_norm(y, eps=1e-8)
        return torch.addcmul(b.to(normed.dtype), normed, 1 + a.to(normed.dtype))
