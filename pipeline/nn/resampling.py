"""Halving and doubling the size of a feature map."""

from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from pipeline.nn.padding import ReflectionPad

Downsample = Literal["stride", "blur"]
Upsample = Literal["transpose", "resize", "blur"]


class BlurPool(nn.Module):
    """Halves maps behind the filter [1, 2, 1] / 4 along either side (Zhang 2019, section 3).

    Every second value of a map that was not smoothed first moves with the picture by jumps.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pad = ReflectionPad(1)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, C, H / 2, W / 2], rounded up."""
        # Means of two neighbours, twice, are that filter.
        return avg_pool2d(avg_pool2d(self.pad(x), 2, stride=1), 2, stride=2)


def upsample(kind: Upsample, inputs: int, outputs: int, bias: bool) -> nn.Module:
    """Build a layer of [N, inputs, H, W] -> [N, outputs, 2H, 2W].

    ``transpose`` is the papers' transposed convolution; ``resize`` enlarges by nearest neighbour
    and then convolves, which leaves no checkerboard (Odena et al. 2016); ``blur`` enlarges behind
    the filter [1, 3, 3, 1] / 4 along either side, which is linear interpolation, and convolves.
    """
    if kind == "transpose":
        return nn.ConvTranspose2d(
            inputs, outputs, 3, stride=2, padding=1, output_padding=1, bias=bias
        )
    if kind == "blur":
        return nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias),
        )
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="nearest"),
        ReflectionPad(1),
        nn.Conv2d(inputs, outputs, 3, bias=bias),
    )
