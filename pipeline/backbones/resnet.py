"""The generator of CycleGAN: two downsamplings, residual blocks, two upsamplings.

Johnson et al. 2016, as Zhu et al. 2017 use it: 9 blocks of width 64 are 11,378,179 parameters,
6 blocks 7,837,699.
"""

from typing import Literal

from torch import Tensor, nn

from pipeline.block import Block, Layers, Width
from pipeline.nn.normalisation import Norm, init_normal, norm_layer
from pipeline.nn.padding import ReflectionPad
from pipeline.nn.resampling import BlurPool, Downsample, Upsample, upsample
from pipeline.nn.shapes import check_residual


class ResnetParams(Block):
    """A residual image-to-image network; input height and width: multiples of 4, at least 8."""

    kind: Literal["resnet"] = "resnet"
    width: Width = 64
    """Channels of the first layer; the residual blocks have four times as many."""
    blocks: Layers = 9
    norm: Norm = "instance"
    downsample: Downsample = "stride"
    """``blur``, with the same of ``upsample``, is the published CUT: filters before every second
    value is taken and between values that are doubled, and convolutions of stride 1."""
    upsample: Upsample = "transpose"
    residual: bool = False
    """Predict the change to the input instead of the output: helps where little must change,
    as between two speakers' spectrograms."""

    def build(self, inputs: int, outputs: int, bounded: bool) -> "Resnet":
        """Build a network of [N, inputs, H, W] -> [N, outputs, H, W]; ``bounded`` ends in tanh.

        Raises ValueError where a residual one can't add its input to its output.
        """
        check_residual(self.residual, inputs, outputs)
        return Resnet(
            inputs,
            outputs,
            bounded,
            width=self.width,
            blocks=self.blocks,
            norm=self.norm,
            down=self.downsample,
            up=self.upsample,
            residual=self.residual,
        )


class Resnet(nn.Module):
    """See `ResnetParams`."""

    multiple = 4  # height and width must divide by this
    smallest = 8  # reflection and instance norm need two rows at the narrowest place

    def __init__(
        self,
        inputs: int,
        outputs: int,
        bounded: bool,
        *,
        width: int,
        blocks: int,
        norm: Norm,
        down: Downsample,
        up: Upsample,
        residual: bool,
    ) -> None:
        super().__init__()
        self.residual = residual
        bias = norm != "batch"  # batch norm's shift makes a bias superfluous
        self.layers = nn.Sequential(
            *downsampling(inputs, width, norm, bias, down),
            *(ResidualBlock(4 * width, norm, bias) for _ in range(blocks)),
            *upsampling(width, outputs, norm, bias, up, bounded),
        )
        # Picture, both halvings, first and middle block: where CUT looks (Park et al. 2020, C.2).
        second, first = (8, 12) if down == "blur" else (7, 10)
        wide = 4 * width
        depths = {0: inputs, 4: 2 * width, second: wide, first: wide, first + blocks // 2: wide}
        self.tap_layers, self.tap_channels = tuple(depths), tuple(depths.values())
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H, W]."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y

    def taps(self, x: Tensor) -> list[Tensor]:
        """List what five layers of the encoder make of [N, inputs, H, W], fewer where few are."""
        found: list[Tensor] = []
        for number in range(self.tap_layers[-1] + 1):
            x = self.layers[number](x)
            if number in self.tap_layers:
                found.append(x)
        return found


def downsampling(
    inputs: int, width: int, norm: Norm, bias: bool, down: Downsample = "stride"
) -> list[nn.Module]:
    """Build layers of [N, inputs, H, W] -> features [N, 4 * width, H / 4, W / 4]."""
    layers: list[nn.Module] = [
        ReflectionPad(3),
        nn.Conv2d(inputs, width, 7, bias=bias),
        norm_layer(norm, width),
        nn.ReLU(inplace=True),
    ]
    for channels in (width, 2 * width):
        layers += [
            nn.Conv2d(
                channels, 2 * channels, 3, stride=2 if down == "stride" else 1, padding=1, bias=bias
            ),
            norm_layer(norm, 2 * channels),
            nn.ReLU(inplace=True),
            *([BlurPool()] if down == "blur" else []),
        ]
    return layers


def upsampling(
    width: int, outputs: int, norm: Norm, bias: bool, up: Upsample, bounded: bool
) -> list[nn.Module]:
    """Build layers of features [N, 4 * width, H / 4, W / 4] -> [N, outputs, H, W].

    ``bounded`` ends in tanh.
    """
    layers: list[nn.Module] = []
    for channels in (4 * width, 2 * width):
        layers += [
            upsample(up, channels, channels // 2, bias),
            norm_layer(norm, channels // 2),
            nn.ReLU(inplace=True),
        ]
    layers += [ReflectionPad(3), nn.Conv2d(width, outputs, 7)]
    return [*layers, nn.Tanh()] if bounded else layers


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside an identity."""

    def __init__(self, channels: int, norm: Norm, bias: bool) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            ReflectionPad(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            norm_layer(norm, channels),
            nn.ReLU(inplace=True),
            ReflectionPad(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            norm_layer(norm, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, C, H, W]."""
        y: Tensor = x + self.layers(x)
        return y
