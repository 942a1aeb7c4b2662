"""A pyramid of strided convolutions and its mirror image: the networks of DCGAN.

Radford et al. 2016. The same pair serves a GAN (mirror = generator, pyramid = discriminator), a
VAE (pyramid = encoder, mirror = decoder) and a classifier.
"""

from pydantic import Field
from torch import Tensor, nn

from pipeline.block import Block
from pipeline.nn.normalisation import Norm, init_normal, norm_layer
from pipeline.samples import Spec

SMALLEST = 4  # height and width at which the pyramid stops


class ConvEncoderParams(Block):
    """Strided 4x4 convolutions from the full size down to 4x4, then one linear layer."""

    width: int = Field(64, ge=1)
    """Channels after the first convolution; they double at each further one."""
    norm: Norm = "batch"

    def build(self, spec: Spec, outputs: int) -> "ConvEncoder":
        """Samples [N, C, H, W] -> [N, outputs]."""
        return ConvEncoder(spec, outputs, width=self.width, norm=self.norm)


class ConvDecoderParams(Block):
    """A linear layer to 4x4, then transposed 4x4 convolutions up to the full size."""

    width: int = Field(64, ge=1)
    """Channels before the last convolution; they double at each smaller size."""
    norm: Norm = "batch"

    def build(self, inputs: int, spec: Spec) -> "ConvDecoder":
        """[N, inputs] -> samples [N, C, H, W]; ends in tanh where samples are bounded."""
        return ConvDecoder(inputs, spec, width=self.width, norm=self.norm)


class ConvEncoder(nn.Module):
    """See `ConvEncoderParams`."""

    def __init__(self, spec: Spec, outputs: int, *, width: int, norm: Norm) -> None:
        """Raises ValueError where the samples' size is not 4 times a power of two."""
        super().__init__()
        self.side = spec.height  # the only height and width that it takes
        self.body = nn.Sequential()
        channels = spec.channels
        for level in range(halvings(spec)):
            wider = width * 2**level
            self.body.append(
                nn.Conv2d(channels, wider, 4, stride=2, padding=1, bias=norm != "batch")
            )
            # Normalising the first layer would hide the picture's contrast from a discriminator.
            self.body.append(norm_layer(norm if level else "none", wider))
            self.body.append(nn.LeakyReLU(0.2, inplace=True))
            channels = wider
        self.features = channels * SMALLEST**2
        self.head = nn.Linear(self.features, outputs)
        init_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, outputs]."""
        y: Tensor = self.head(self.body(x).flatten(1))
        return y


class ConvDecoder(nn.Module):
    """See `ConvDecoderParams`."""

    def __init__(self, inputs: int, spec: Spec, *, width: int, norm: Norm) -> None:
        """Raises ValueError where the samples' size is not 4 times a power of two."""
        super().__init__()
        levels = halvings(spec)
        channels = width * 2 ** (levels - 1)
        self.stem = nn.Sequential(
            nn.Linear(inputs, channels * SMALLEST**2, bias=norm != "batch"),
            nn.Unflatten(1, (channels, SMALLEST, SMALLEST)),
            norm_layer(norm, channels),
            nn.ReLU(inplace=True),
        )
        self.body = nn.Sequential()
        for _ in range(levels - 1):
            self.body.append(
                nn.ConvTranspose2d(
                    channels, channels // 2, 4, stride=2, padding=1, bias=norm != "batch"
                )
            )
            self.body.append(norm_layer(norm, channels // 2))
            self.body.append(nn.ReLU(inplace=True))
            channels //= 2
        self.body.append(nn.ConvTranspose2d(channels, spec.channels, 4, stride=2, padding=1))
        if spec.bounded:
            self.body.append(nn.Tanh())
        init_normal(self)

    def forward(self, z: Tensor) -> Tensor:
        """[N, inputs] -> [N, C, H, W]."""
        y: Tensor = self.body(self.stem(z))
        return y


def halvings(spec: Spec) -> int:
    """How often the samples' size halves down to 4x4.

    Raises ValueError where it never gets there.
    """
    levels = (spec.height // SMALLEST).bit_length() - 1
    if levels < 1 or spec.height != spec.width or spec.height != SMALLEST * 2**levels:
        raise ValueError(
            f"samples must be square, 4 times a power of two wide: found {spec.height}x{spec.width}"
        )
    return levels
