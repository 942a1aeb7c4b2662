"""Strided convolutions from samples to vectors, and back from vectors to samples: DCGAN's pair.

Radford et al. 2016. The same pair serves a GAN (decoder = generator, encoder = discriminator) and
autoencoders.
"""

from typing import Literal

from torch import Tensor, nn

from pipeline.backbones.encoder_options import Attention, EncoderOptions
from pipeline.block import Block, Width
from pipeline.nn.attention import attention_at, check_attention
from pipeline.nn.conditioning import (
    ConditionalNorm,
    Conditioned,
    ProjectionHead,
    conditional_norm,
)
from pipeline.nn.convolution import add_spectral_norm
from pipeline.nn.minibatch import minibatch_layer
from pipeline.nn.normalisation import init_normal
from pipeline.nn.shapes import shape_of
from pipeline.nn.virtual_batch import VectorNorm, VirtualBatch, vector_norm_layer
from pipeline.samples import Spec

SMALLEST = 4  # height or width, whichever is less, at which halving stops


class ConvEncoderParams(EncoderOptions):
    """Strided 4x4 convolutions from the full size down to 4 rows or columns, one linear layer."""

    kind: Literal["dcgan"] = "dcgan"
    width: Width = 64
    """Channels after the first convolution; they double at each further one."""
    norm: VectorNorm = "batch"

    def build(self, spec: Spec, outputs: int, classes: int = 0) -> "ConvEncoder | VirtualBatch":
        """Build a network of samples [N, C, H, W] -> [N, outputs], which a head of projection
        gives labels [N] of ``classes``, too."""
        encoder = ConvEncoder(spec, outputs, classes, self)
        if self.spectral:
            add_spectral_norm(encoder, embeddings=True)
        return encoder if self.norm != "virtual_batch" else VirtualBatch(encoder, shape_of(spec))


class ConvDecoderParams(Block):
    """A linear layer to 4 rows or columns, then transposed 4x4 convolutions to the full size."""

    kind: Literal["dcgan"] = "dcgan"
    width: Width = 64
    """Channels before the last convolution; they double at each smaller size."""
    norm: ConditionalNorm = "batch"
    """``conditional_batch``: a scale and a shift a class in every layer, of a conditional gan."""
    attention: Attention = ()

    @property
    def told_classes(self) -> bool:
        """True: its network takes labels beside vectors, and no one-hot vector behind them."""
        return self.norm == "conditional_batch"

    def build(self, inputs: int, spec: Spec, classes: int = 0) -> "ConvDecoder | VirtualBatch":
        """Build a network of [N, inputs] -> samples [N, C, H, W], in tanh where bounded.

        ``conditional_batch`` makes it one of labels [N] of ``classes``, too.
        """
        decoder = ConvDecoder(inputs, spec, classes, self)
        return decoder if self.norm != "virtual_batch" else VirtualBatch(decoder, (inputs,))


class ConvEncoder(nn.Module):
    """See `ConvEncoderParams`."""

    def __init__(self, spec: Spec, outputs: int, classes: int, params: ConvEncoderParams) -> None:
        """Raise ValueError where `halvings` does, or a part does not fit the samples."""
        super().__init__()
        width, norm = params.width, params.norm
        levels, (rows, columns) = halvings(spec)
        heights = [spec.height // 2 ** (level + 1) for level in range(levels)]
        check_attention(params.attention, heights)
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
            self.body.extend(attention_at(heights[level], params.attention, wider))
            channels = wider
        features = channels * rows * columns
        minibatch, seen = minibatch_layer(params.minibatch, features)
        self.head: nn.Module
        if params.head == "projection":
            self.head = ProjectionHead(seen, outputs, classes)
        else:
            self.head = nn.Linear(seen, outputs)
        init_normal(self)
        self.minibatch = minibatch  # whose weights begin as its own

    def features(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map [N, C, H, W], whatever their classes, to what the head sees of each, [N, F]."""
        y: Tensor = self.body(x).flatten(1)
        return y

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map [N, C, H, W], and labels [N] where the head takes them, to [N, outputs]."""
        seen = self.minibatch(self.features(x))
        y: Tensor = self.head(seen) if labels is None else self.head(seen, labels)
        return y


class ConvDecoder(nn.Module):
    """See `ConvDecoderParams`."""

    def __init__(self, inputs: int, spec: Spec, classes: int, params: ConvDecoderParams) -> None:
        """Raise ValueError where `halvings` does, or a part does not fit the samples."""
        super().__init__()
        norm, bias = params.norm, params.norm not in ("batch", "conditional_batch")
        levels, (rows, columns) = halvings(spec)
        heights = [rows * 2 ** (level + 1) for level in range(levels - 1)]
        check_attention(params.attention, heights)
        channels = params.width * 2 ** (levels - 1)
        self.stem = Conditioned(
            nn.Linear(inputs, channels * rows * columns, bias=bias),
            nn.Unflatten(1, (channels, rows, columns)),
            conditional_norm(norm, classes, channels),
            nn.ReLU(inplace=True),
        )
        self.body = Conditioned()
        for height in heights:
            self.body.append(
                nn.ConvTranspose2d(channels, channels // 2, 4, stride=2, padding=1, bias=bias)
            )
            self.body.append(conditional_norm(norm, classes, channels // 2))
            self.body.append(nn.ReLU(inplace=True))
            channels //= 2
            self.body.extend(attention_at(height, params.attention, channels))
        self.body.append(nn.ConvTranspose2d(channels, spec.channels, 4, stride=2, padding=1))
        if spec.bounded:
            self.body.append(nn.Tanh())
        init_normal(self)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map [N, inputs], and labels [N] where norms take them, to [N, C, H, W]."""
        y: Tensor = self.body(self.stem(z, labels), labels)
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
