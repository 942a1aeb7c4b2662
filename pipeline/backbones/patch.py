"""PatchGAN: a discriminator that classifies overlapping patches.

Isola et al. 2017. Three strided layers of width 64 see 70x70 pixels: 2,768,705 parameters on six
channels with batch norm, 2,764,737 on three with instance norm.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from pipeline.block import Block, Width
from pipeline.nn.normalisation import Norm, init_normal, norm_layer


class PatchParams(Block):
    """A patch discriminator; ``layers`` sets how much a logit sees.

    0 is a single pixel (the paper's PixelGAN, of 1x1 convolutions), 1: 16, 2: 34, 3: 70, 4: 142
    and 5: 286 pixels.
    """

    kind: Literal["patch"] = "patch"
    width: Width = 64
    layers: int = Field(3, ge=0, le=16)
    norm: Norm = "batch"

    def build(self, inputs: int) -> "Patch":
        """Build a network of [N, inputs, H, W] -> logits [N, 1, h, w], one a patch."""
        return Patch(inputs, width=self.width, layers=self.layers, norm=self.norm)


class Patch(nn.Module):
    """See `PatchParams`."""

    def __init__(self, inputs: int, *, width: int, layers: int, norm: Norm) -> None:
        super().__init__()
        # Height and width of a single logit; instance norm needs more than one pixel.
        self.smallest = 3 * 2**layers if layers else 2
        last = max(layers, 1)
        widths = [width * min(2**level, 8) for level in range(last + 1)]
        kernel, padding, half = (4, 1, 2) if layers else (1, 0, 1)
        body: list[nn.Module] = [
            nn.Conv2d(inputs, width, kernel, stride=half, padding=padding),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        for level in range(1, last + 1):
            body += [
                nn.Conv2d(
                    widths[level - 1],
                    widths[level],
                    kernel,
                    stride=half if level < last else 1,
                    padding=padding,
                    bias=norm != "batch",
                ),
                norm_layer(norm, widths[level]),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        body.append(nn.Conv2d(widths[last], 1, kernel, stride=1, padding=padding))
        self.layers = nn.Sequential(*body)
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to logits [N, 1, h, w]."""
        y: Tensor = self.layers(x)
        return y
