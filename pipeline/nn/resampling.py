"""Doubling the size of a feature map."""

from typing import Literal

from torch import nn

from pipeline.nn.padding import ReflectionPad

Upsample = Literal["transpose", "resize"]


def upsample(kind: Upsample, inputs: int, outputs: int, bias: bool) -> nn.Module:
    """Build a layer of [N, inputs, H, W] -> [N, outputs, 2H, 2W].

    ``transpose`` is the papers' transposed convolution; ``resize`` enlarges by nearest neighbour
    and then convolves, which leaves no checkerboard (Odena et al. 2016).
    """
    if kind == "transpose":
        return nn.ConvTranspose2d(
            inputs, outputs, 3, stride=2, padding=1, output_padding=1, bias=bias
        )
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="nearest"),
        ReflectionPad(1),
        nn.Conv2d(inputs, outputs, 3, bias=bias),
    )
