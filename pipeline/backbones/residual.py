"""Residual networks from samples to vectors and back: the pair of WGAN-GP and SNGAN.

Gulrajani et al. 2017, appendix F; Miyato et al. 2018, table 4; with attention, conditional batch
norm and a projection head, Zhang et al. 2019 (SAGAN). Widths double at each halving by default, up
to eight times the first; ``broadest: 1`` keeps them the same as the papers do for 32 pixels, and
``broadest: 16`` is theirs for 128.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Literal

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, relu

from pipeline.backbones.convolutional import halvings
from pipeline.backbones.encoder_options import Attention, EncoderOptions
from pipeline.block import Block, Halvings, Width
from pipeline.nn.attention import attention_at, check_attention
from pipeline.nn.conditioning import (
    ConditionalNorm,
    Conditioned,
    ProjectionHead,
    TakesCondition,
    conditional_norm,
    normalised,
)
from pipeline.nn.convolution import add_spectral_norm
from pipeline.nn.minibatch import minibatch_layer
from pipeline.nn.shapes import shape_of
from pipeline.nn.virtual_batch import VectorNorm, VirtualBatch, vector_norm_layer
from pipeline.samples import Spec

BROADEST = 8  # times the width, where nothing else is said


class ResidualEncoderParams(EncoderOptions):
    """A residual block a halving, then the mean over space and one linear layer."""

    kind: Literal["resnet"]
    width: Width = 64
    """Channels after the first block."""
    broadest: Width = BROADEST
    """Times ``width`` that channels double up to."""
    halvings: Halvings | None = None
    """Blocks that halve; None: as many as leave 4 rows or columns."""
    blocks: int = Field(0, ge=0, le=256)
    """Further blocks behind them, that keep the size."""
    pooling: Literal["mean", "sum"] = "mean"
    """Over space, before the head; ``sum`` in Miyato et al. 2018 and after."""
    norm: VectorNorm = "none"

    def build(self, spec: Spec, outputs: int, classes: int = 0) -> "ResidualEncoder | VirtualBatch":
        """Build a network of samples [N, C, H, W] -> [N, outputs], which a head of projection
        gives labels [N] of ``classes``, too."""
        encoder = ResidualEncoder(spec, outputs, classes, self)
        if self.spectral:
            add_spectral_norm(encoder, embeddings=True)
        return encoder if self.norm != "virtual_batch" else VirtualBatch(encoder, shape_of(spec))


class ResidualDecoderParams(Block):
    """A linear layer, then a residual block a doubling."""

    kind: Literal["resnet"]
    width: Width = 64
    """Channels after the last block."""
    broadest: Width = BROADEST
    """Times ``width`` that channels have at most."""
    norm: ConditionalNorm = "batch"
    """``conditional_batch``: a scale and a shift a class in every block, of a conditional gan."""
    spectral: bool = False
    """Spectral norm of every layer (Zhang et al. 2019)."""
    attention: Attention = ()

    @property
    def told_classes(self) -> bool:
        """True: its network takes labels beside vectors, and no one-hot vector behind them."""
        return self.norm == "conditional_batch"

    def build(self, inputs: int, spec: Spec, classes: int = 0) -> "ResidualDecoder | VirtualBatch":
        """Build a network of [N, inputs] -> samples [N, C, H, W], in tanh where bounded.

        ``conditional_batch`` makes it one of labels [N] of ``classes``, too.
        """
        decoder = ResidualDecoder(inputs, spec, classes, self)
        if self.spectral:
            add_spectral_norm(decoder)
        return decoder if self.norm != "virtual_batch" else VirtualBatch(decoder, (inputs,))


class ResidualEncoder(nn.Module):
    """See `ResidualEncoderParams`."""

    def __init__(
        self, spec: Spec, outputs: int, classes: int, params: ResidualEncoderParams
    ) -> None:
        """Raise ValueError where `halvings` does, or a part does not fit the samples."""
        super().__init__()
        self.size = (spec.height, spec.width)
        levels = levels_of(spec, params.halvings)
        widths = widths_of(params.width, levels, params.broadest)
        self.pooling = params.pooling
        self.blocks = nn.Sequential()
        heights = [spec.height // 2 ** (level + 1) for level in range(levels)]
        check_attention(params.attention, heights)
        for level, (inputs, outputs_) in enumerate(pairwise([spec.channels, *widths])):
            self.blocks.append(
                ResidualBlock(inputs, outputs_, params.norm, resample="down", first=level == 0)
            )
            self.blocks.extend(attention_at(heights[level], params.attention, outputs_))
        for _ in range(params.blocks):
            self.blocks.append(ResidualBlock(widths[-1], widths[-1], params.norm, resample="none"))
        self.minibatch, seen = minibatch_layer(params.minibatch, widths[-1])
        self.head: nn.Module
        if params.head == "projection":
            self.head = ProjectionHead(seen, outputs, classes)
        else:
            self.head = nn.Linear(seen, outputs)

    def features(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map [N, C, H, W], whatever their classes, to what the head sees of each, [N, F]."""
        maps = relu(self.blocks(x))
        pooled: Tensor = maps.mean((2, 3)) if self.pooling == "mean" else maps.sum((2, 3))
        return pooled

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map [N, C, H, W], and labels [N] where the head takes them, to [N, outputs]."""
        seen = self.minibatch(self.features(x))
        y: Tensor = self.head(seen) if labels is None else self.head(seen, labels)
        return y


class ResidualDecoder(nn.Module):
    """See `ResidualDecoderParams`."""

    def __init__(
        self, inputs: int, spec: Spec, classes: int, params: ResidualDecoderParams
    ) -> None:
        """Raise ValueError where `halvings` does, or a part does not fit the samples."""
        super().__init__()
        levels, (rows, columns) = halvings(spec)
        widths = list(reversed(widths_of(params.width, levels, params.broadest)))
        heights = [rows * 2 ** (level + 1) for level in range(levels)]
        check_attention(params.attention, heights)
        self.stem = nn.Sequential(
            nn.Linear(inputs, widths[0] * rows * columns),
            nn.Unflatten(1, (widths[0], rows, columns)),
        )
        norm = partial(conditional_norm, params.norm, classes)
        self.blocks = Conditioned()
        for height, (before, after) in zip(heights, pairwise([widths[0], *widths]), strict=True):
            self.blocks.append(ResidualBlock(before, after, norm, resample="up"))
            self.blocks.extend(attention_at(height, params.attention, after))
        # The last norm is told no class, in Miyato & Koyama's code and in SAGAN's.
        last: VectorNorm = "batch" if params.norm == "conditional_batch" else params.norm
        self.head = nn.Sequential(
            vector_norm_layer(last, widths[-1]),
            nn.ReLU(),
            nn.Conv2d(widths[-1], spec.channels, 3, padding=1),
        )
        if spec.bounded:
            self.head.append(nn.Tanh())

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map [N, inputs], and labels [N] where norms take them, to [N, C, H, W]."""
        y: Tensor = self.head(self.blocks(self.stem(z), labels))
        return y


class ResidualBlock(TakesCondition):
    """Two 3x3 convolutions, both ways halved or doubled, beside a 1x1 one.

    Where neither size nor channels change, beside an identity.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        norm: VectorNorm | Callable[[int], nn.Module],
        *,
        resample: Literal["up", "down", "none"],
        first: bool = False,
    ) -> None:
        """Build the layers.

        Args:
            inputs: channels.
            outputs: channels.
            norm: before each activation; or what builds the norm of so many channels.
            resample: whether both ways are doubled, halved or neither.
            first: the block sees samples: no activation comes before it, and it has no norm.
        """
        super().__init__()
        norm_of = partial(vector_norm_layer, norm) if isinstance(norm, str) else norm
        if first:
            norm_of = partial(vector_norm_layer, "none")
        self.first = first
        self.scale: Literal["up", "down", "none"] = resample
        self.norm_1 = norm_of(inputs)
        self.conv_1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm_2 = norm_of(outputs)
        self.conv_2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        same = inputs == outputs and resample == "none"
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1)
        nn.init.xavier_uniform_(self.conv_1.weight, 2**0.5)
        nn.init.xavier_uniform_(self.conv_2.weight, 2**0.5)
        if isinstance(self.shortcut, nn.Conv2d):
            nn.init.xavier_uniform_(self.shortcut.weight)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, ...], H / 2, 2 H or H high.

        ``labels`` [N] are for conditional norms.
        """
        y = x if self.first else relu(normalised(self.norm_1, x, labels))
        if self.scale == "up":
            x, y = interpolate(x, scale_factor=2.0), interpolate(y, scale_factor=2.0)
        y = self.conv_2(relu(normalised(self.norm_2, self.conv_1(y), labels)))
        if self.scale == "down":
            x, y = avg_pool2d(x, 2), avg_pool2d(y, 2)
        both: Tensor = y + self.shortcut(x)
        return both


def widths_of(width: int, levels: int, broadest: int = BROADEST) -> list[int]:
    """List the channels after each halving."""
    return [width * min(2**level, broadest) for level in range(levels)]


def levels_of(spec: Spec, wanted: int | None) -> int:
    """Return how often samples are halved: ``wanted``, or as `halvings` has it.

    Raises ValueError where `halvings` does, or more are wanted.
    """
    most, _ = halvings(spec)
    if wanted is not None and wanted > most:
        raise ValueError(f"halvings: found {wanted}, allowed of these samples: {most} or fewer")
    return most if wanted is None else wanted
