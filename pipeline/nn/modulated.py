"""Modulated and demodulated convolution (Karras et al. 2020, section 2.2, equations 1 to 3).

A style scales the inputs of a convolution, and so its weights: w'_oik = s_i w_oik. Demodulation
divides by what that does to the outputs' deviation: w''_oik = w'_oik / sqrt(sum_ik w'_oik^2 + eps).
Both are scales of whole channels, so they are applied to the feature maps before and after one
convolution of the plain weights: the same numbers as a convolution for each sample (groups), which
a processor is slow at.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from pipeline.nn.equalised import EqualisedLinear
from pipeline.nn.fir import doubling_conv

EPS = 1e-8


class ModulatedConv2d(nn.Module):
    """A convolution whose weights each sample's style scales; zeros at the border, no bias."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        dim: int,
        *,
        demodulate: bool = True,
        double: bool = False,
    ) -> None:
        """Take an odd ``kernel``, 3 where it ``double``s, and the numbers ``dim`` of w.

        Without demodulation styles have the equalised learning rate's constant, 1 / sqrt(fan-in).
        """
        super().__init__()
        self.affine = EqualisedLinear(dim, inputs, bias=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.scale = 1.0 if demodulate else 1 / math.sqrt(inputs * kernel**2)
        self.demodulate, self.doubles, self.padding = demodulate, double, kernel // 2

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Map [N, inputs, H, W] in the styles of w [N, dim] to [N, outputs, H, W], or 2H, 2W."""
        with torch.autocast(x.device.type, enabled=False):
            style = self.affine(w.float()) * self.scale
            after = demodulation(self.weight, style) if self.demodulate else None
        y = x * style.to(x.dtype)[:, :, None, None]
        if self.doubles:
            y = doubling_conv(y, self.weight)
        else:
            y = conv2d(y, self.weight, padding=self.padding)
        return y if after is None else y * after.to(y.dtype)[:, :, None, None]


def demodulation(weight: Tensor, style: Tensor) -> Tensor:
    """Compute 1 / sqrt(sum_ik (s_i w_oik)^2 + eps) of [O, I, k, k] and styles [N, I]: [N, O]."""
    squares = weight.square().sum((2, 3))
    return (style.square() @ squares.T + EPS).rsqrt()
