"""The generator of pix2pix: an encoder and a decoder of 4x4 convolutions with skips.

Isola et al. 2017: 8 downsamplings of width 64 with batch norm are 54,413,955 parameters.
"""

from typing import Literal

from pydantic import Field
from torch import Tensor, cat, nn

from pipeline.block import Block, Width
from pipeline.nn.normalisation import Norm, init_normal, norm_layer
from pipeline.nn.shapes import check_residual


class UnetParams(Block):
    """A U-Net; input height and width must be multiples of 2 ** ``depth``."""

    kind: Literal["unet"] = "unet"
    width: Width = 64
    """Channels of the first layer; they double at each downsampling up to eight times this."""
    depth: int = Field(8, ge=2, le=16)
    """Number of downsamplings: 8 for 256 pixels, 7 for 128, 6 for 64."""
    norm: Norm = "batch"
    dropout: bool = True
    """Dropout of one half in up to three inner up-blocks: the noise source of pix2pix."""
    residual: bool = False
    """Predict the change to the input instead of the output: grey pictures keep their light, and
    only colours are learnt. Outputs may leave the range by a little; decoding clamps them."""

    def build(self, inputs: int, outputs: int, bounded: bool) -> "Unet":
        """Build a network of [N, inputs, H, W] -> [N, outputs, H, W]; ``bounded`` ends in tanh.

        Raises ValueError where a residual one can't add its input to its output.
        """
        check_residual(self.residual, inputs, outputs)
        return Unet(
            inputs,
            outputs,
            bounded,
            width=self.width,
            depth=self.depth,
            norm=self.norm,
            dropout=self.dropout,
            residual=self.residual,
        )


class Unet(nn.Module):
    """See `UnetParams`."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        bounded: bool,
        *,
        width: int,
        depth: int,
        norm: Norm,
        dropout: bool,
        residual: bool,
    ) -> None:
        super().__init__()
        self.residual = residual
        self.multiple = 2**depth  # height and width must divide by this
        channels = [width * min(2**level, 8) for level in range(depth)]
        self.down = nn.ModuleList(
            DownBlock(
                inputs if level == 0 else channels[level - 1],
                channels[level],
                # The outermost block sees raw values, and a 1x1 map has nothing to normalise.
                norm="none" if level in (0, depth - 1) else norm,
                bias=norm != "batch",
                activate=level > 0,
            )
            for level in range(depth)
        )
        self.up = nn.ModuleList(
            UpBlock(
                channels[level] * (1 if level == depth - 1 else 2),
                channels[level - 1],
                norm,
                # Blocks of full width drop out, save the innermost: three at 256 pixels.
                dropout=dropout and 4 <= level < depth - 1,
            )
            for level in range(depth - 1, 0, -1)
        )
        out: list[nn.Module] = [
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(2 * channels[0], outputs, 4, stride=2, padding=1),
        ]
        self.out = nn.Sequential(*out, nn.Tanh()) if bounded else nn.Sequential(*out)
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H, W]."""
        skips: list[Tensor] = []
        y: Tensor = x
        for block in self.down:
            y = block(y)
            skips.append(y)
        y = skips.pop()
        for block in self.up:
            y = cat([skips.pop(), block(y)], dim=1)
        y = self.out(y)
        if self.residual:
            y = x + y
        return y


class DownBlock(nn.Sequential):
    """[N, inputs, H, W] -> [N, outputs, H/2, W/2]."""

    def __init__(self, inputs: int, outputs: int, norm: Norm, bias: bool, activate: bool) -> None:
        layers: list[nn.Module] = [nn.LeakyReLU(0.2)] if activate else []
        layers += [
            nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=bias),
            norm_layer(norm, outputs),
        ]
        super().__init__(*layers)


class UpBlock(nn.Sequential):
    """[N, inputs, H, W] -> [N, outputs, 2H, 2W]."""

    def __init__(self, inputs: int, outputs: int, norm: Norm, dropout: bool) -> None:
        layers: list[nn.Module] = [
            nn.ReLU(),
            nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=norm != "batch"),
            norm_layer(norm, outputs),
        ]
        if dropout:
            layers.append(nn.Dropout(0.5))
        super().__init__(*layers)
