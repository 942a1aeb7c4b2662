"""Layers of the equalised learning rate, and pixel norm (Karras et al. 2018, sections 4.1 and 4.2).

Weights are drawn from N(0, 1) and scaled by He et al.'s constant each time they are used, instead
of once at the start: under Adam, whose steps are of one size whatever the gradients', all weights
then learn at one speed.
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear

from pipeline.nn.fir import doubling_conv, halving_conv

Resample = Literal["none", "double", "halve"]


class EqualisedLinear(nn.Module):
    """A linear layer whose weights are scaled as it runs."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        gain: float = 1.0,
        bias: float | None = 0.0,
        lr_multiplier: float = 1.0,
    ) -> None:
        """Take ``gain``, sqrt(2) before a ReLU, and what ``bias`` begins at; None: no bias.

        ``lr_multiplier``: how fast it learns beside other layers (StyleGAN's mapping: 0.01).
        """
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_multiplier)
        start = None if bias is None else torch.full((outputs,), bias / lr_multiplier)
        self.bias = None if start is None else nn.Parameter(start)
        self.scale = gain * lr_multiplier / math.sqrt(inputs)
        self.lr_multiplier = lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        """Map [..., inputs] to [..., outputs]."""
        bias = None if self.bias is None else self.bias * self.lr_multiplier
        return linear(x, self.weight * self.scale, bias)


class EqualisedConv2d(nn.Module):
    """A convolution whose weights are scaled as it runs, of zeros at the border."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        gain: float = 1.0,
        bias: bool = True,
        resample: Resample = "none",
    ) -> None:
        """Take an odd ``kernel``, and ``gain``, sqrt(2) before a ReLU.

        ``resample``: doubles or halves height and width on the way, filtered (`nn.fir`); with a
        kernel of 3.
        """
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = gain / math.sqrt(inputs * kernel**2)
        self.padding = kernel // 2
        self.resample: Resample = resample

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H, W], or 2H, 2W, or H/2, W/2."""
        weight = self.weight * self.scale
        if self.resample == "none":
            return conv2d(x, weight, self.bias, padding=self.padding)
        y = (doubling_conv if self.resample == "double" else halving_conv)(x, weight)
        return y if self.bias is None else y + self.bias.to(y.dtype)[:, None, None]


class PixelNorm(nn.Module):
    """Divides the channels at each place by their root mean square."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, ...] to the same shape."""
        squares = x.float().square().mean(dim=1, keepdim=True)
        return x * (squares + 1e-8).rsqrt().to(x.dtype)
