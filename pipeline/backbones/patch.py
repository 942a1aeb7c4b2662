"""PatchGAN: a discriminator that judges overlapping patches.

Isola et al. 2017. Three strided layers of width 64 see 70x70 pixels: 2,768,705 parameters on six
channels with batch norm, 2,764,737 on three with instance norm.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from pipeline.block import Block
from pipeline.nn.normalisation import Norm, init_normal, norm_layer


class PatchParams(Block):
    """A patch discriminator; ``layers`` sets how much it sees: 1: 16, 2: 34, 3: 70 pixels."""

    kind: Literal["patch"] = "patch"
    width: int = Field(64, ge=1)
    layers: int = Field(3, ge=1)
    norm: Norm = "batch"

    def build(self, inputs: int) -> "Patch":
        """[N, inputs, H, W] -> logits [N, 1, h, w], one a patch."""
        return Patch(inputs, width=self.width, layers=self.layers, norm=self.norm)


class Patch(nn.Module):
    """See `PatchParams`."""

    def __init__(self, inputs: int, *, width: int, layers: int, norm: Norm) -> None:
        super().__init__()
        self.smallest = 3 * 2**layers  # height and width that give a single logit
        widths = [width * min(2**level, 8) for level in range(layers + 1)]
        body: list[nn.Module] = [
            nn.Conv2d(inputs, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        for level in range(1, layers + 1):
            body += [
                nn.Conv2d(
                    widths[level - 1],
                    widths[level],
                    4,
                    stride=2 if level < layers else 1,
                    padding=1,
                    bias=norm != "batch",
                ),
                norm_layer(norm, widths[level]),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        body.append(nn.Conv2d(widths[layers], 1, 4, stride=1, padding=1))
        self.layers = nn.Sequential(*body)
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> logits [N, 1, h, w]."""
        y: Tensor = self.layers(x)
        return y
