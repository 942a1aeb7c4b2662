"""Strided convolutions from samples to vectors, and back from vectors to samples: DCGAN's pair.

Radford et al. 2016. The same pair serves a GAN (decoder = generator, encoder = discriminator) and
autoencoders.
"""

from typing import Literal

from torch import Tensor, nn

from pipeline.block import Block, Width
from pipeline.nn.convolution import add_spectral_norm
from pipeline.nn.minibatch import Minibatch, minibatch_layer
from pipeline.nn.normalisation import init_normal
from pipeline.nn.shapes import shape_of
from pipeline.nn.virtual_batch import VectorNorm, VirtualBatch, vector_norm_layer
from pipeline.samples import Spec

SMALLEST = 4  # height or width, whichever is less, at which halving stops


class ConvEncoderParams(Block):
    """Strided 4x4 convolutions from the full size down to 4 rows or columns, one linear layer."""

    kind: Literal["dcgan"] = "dcgan"
    width: Width = 64
    """Channels after the first convolution; they double at each further one."""
    norm: VectorNorm = "batch"
    spectral: bool = False
    """Spectral norm of every layer (Miyato et al. 2018)."""

    minibatch: Minibatch = "none"
    """What it sees of a batch's samples together (`nn.minibatch`), of a discriminator alone."""

    @property
    def bounds_slope(self) -> bool:
        """True: spectral norm of every layer bounds how steep the network is; other norms, which
        divide by what samples give, would undo it."""
        return self.spectral and self.norm == "none" and self.minibatch == "none"

    def build(self, spec: Spec, outputs: int) -> "ConvEncoder | VirtualBatch":
        """Build a network of samples [N, C, H, W] -> [N, outputs]."""
        encoder = ConvEncoder(
            spec, outputs, width=self.width, norm=self.norm, minibatch=self.minibatch
        )
        if self.spectral:
            add_spectral_norm(encoder)
        return encoder if self.norm != "virtual_batch" else VirtualBatch(encoder, shape_of(spec))


class ConvDecoderParams(Block):
    """A linear layer to 4 rows or columns, then transposed 4x4 convolutions to the full size."""

    kind: Literal["dcgan"] = "dcgan"
    width: Width = 64
    """Channels before the last convolution; they double at each smaller size."""
    norm: VectorNorm = "batch"

    def build(self, inputs: int, spec: Spec) -> "ConvDecoder | VirtualBatch":
        """Build a network of [N, inputs] -> samples [N, C, H, W], in tanh where bounded."""
        decoder = ConvDecoder(inputs, spec, width=self.width, norm=self.norm)
        return decoder if self.norm != "virtual_batch" else VirtualBatch(decoder, (inputs,))


class ConvEncoder(nn.Module):
    """See `ConvEncoderParams`."""

    def __init__(
        self,
        spec: Spec,
        outputs: int,
        *,
        width: int,
        norm: VectorNorm,
        minibatch: Minibatch = "none",
    ) -> None:
        """Raise ValueError where `halvings` does."""
        super().__init__()
        levels, (rows, columns) = halvings(spec)
        self.size = (spec.height, spec.width)  # the only height and width that it takes
        self.body = nn.Sequential()
        channels = spec.channels
        for level in range(levels):
            wider = width * 2**level
            self.body.append(
                nn.Conv2d(channels, wider, 4, stride=2, padding=1, bias=norm != "batch")
            )
            # Normalising the first layer would hide the picture's contrast from a discriminator.
            self.body.append(vector_norm_layer(norm if level else "none", wider))
            self.body.append(nn.LeakyReLU(0.2, inplace=True))
            channels = wider
        layer, seen = minibatch_layer(minibatch, channels * rows * columns)
        self.head = nn.Linear(seen, outputs)
        init_normal(self)
        self.minibatch = layer  # whose weights begin as its own

    def features(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to what the last layer sees of each sample, [N, F]."""
        y: Tensor = self.body(x).flatten(1)
        return y

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, outputs]."""
        y: Tensor = self.head(self.minibatch(self.features(x)))
        return y


class ConvDecoder(nn.Module):
    """See `ConvDecoderParams`."""

    def __init__(self, inputs: int, spec: Spec, *, width: int, norm: VectorNorm) -> None:
        """Raise ValueError where `halvings` does."""
        super().__init__()
        levels, (rows, columns) = halvings(spec)
        channels = width * 2 ** (levels - 1)
        self.stem = nn.Sequential(
            nn.Linear(inputs, channels * rows * columns, bias=norm != "batch"),
            nn.Unflatten(1, (channels, rows, columns)),
            vector_norm_layer(norm, channels),
            nn.ReLU(inplace=True),
        )
        self.body = nn.Sequential()
        for _ in range(levels - 1):
            self.body.append(
                nn.ConvTranspose2d(
                    channels, channels // 2, 4, stride=2, padding=1, bias=norm != "batch"
                )
            )
            self.body.append(vector_norm_layer(norm, channels // 2))
            self.body.append(nn.ReLU(inplace=True))
            channels //= 2
        self.body.append(nn.ConvTranspose2d(channels, spec.channels, 4, stride=2, padding=1))
        if spec.bounded:
            self.body.append(nn.Tanh())
        init_normal(self)

    def forward(self, z: Tensor) -> Tensor:
        """Map [N, inputs] to [N, C, H, W]."""
        y: Tensor = self.body(self.stem(z))
        return y


def halvings(spec: Spec) -> tuple[int, tuple[int, int]]:
    """Compute how often samples halve, and their height and width then: 4 to 7 the lesser one.

    64x64 halves 4 times to 4x4, a mel spectrogram of 80x64 4 times to 5x4. Raises ValueError where
    a side is odd on the way or below 8, or the width is free.
    """
    _, height, width = shape_of(spec)
    levels = (min(height, width) // SMALLEST).bit_length() - 1
    multiple = 2 ** max(levels, 0)
    if levels < 1 or height % multiple or width % multiple:
        raise ValueError(
            f"height and width must be 8 or more and halve evenly until the lesser is below 8: "
            f"found {height}x{width}"
        )
    return levels, (height // multiple, width // multiple)
