"""BigGAN's generator and discriminator (Brock et al. 2019), without the deep variant.

Residual networks under spectral norm. z comes in parts: the first makes the smallest map, each
further one enters the conditional batch norms of a block, beside an embedding of the class that all
share. The discriminator has a projection head and sums over space.
"""

from functools import partial
from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, cat, nn
from torch.nn.functional import relu

from pipeline.backbones.convolutional import halvings
from pipeline.backbones.encoder_options import Attention
from pipeline.backbones.residual import ResidualBlock, levels_of
from pipeline.block import Block, Halvings, Width
from pipeline.nn.attention import attention_at, check_attention
from pipeline.nn.conditioning import ConditionalBatchNorm, Conditioned, Head, ProjectionHead
from pipeline.nn.convolution import add_spectral_norm
from pipeline.nn.normalisation import norm_layer
from pipeline.samples import Spec

Init = Literal["orthogonal", "normal", "xavier"]
Multipliers = Annotated[tuple[Width, ...], Field(min_length=1, max_length=16)]

GENERATOR: dict[int, tuple[int, ...]] = {
    3: (4, 4, 4),
    4: (16, 8, 4, 2),
    5: (16, 8, 4, 2, 1),
    6: (16, 8, 8, 4, 2, 1),
    7: (16, 8, 8, 4, 2, 1, 1),
}
"""Doublings from 4 pixels -> widths behind each, in ``width``: 32 to 512 pixels, as in the code
that the paper's first author published (its 64 pixels are of that code alone)."""
DISCRIMINATOR: dict[int, tuple[int, ...]] = {
    3: (2, 2, 2, 2),
    4: (1, 2, 4, 8, 16),
    5: (1, 2, 4, 8, 16, 16),
    6: (1, 2, 4, 8, 8, 16, 16),
    7: (1, 1, 2, 4, 8, 8, 16, 16),
}
"""Halvings to 4 pixels -> widths behind each block, in ``width``. That of 32 pixels, which halves
twice alone, is PyTorch-StudioGAN's; the first author's code has 4 in place of 2."""


class BigganGeneratorParams(Block):
    """From parts of a draw and a class to a sample."""

    kind: Literal["biggan"]
    width: Width = 96
    multipliers: Multipliers | None = None
    """Channels behind each block, in ``width``, from the smallest map on; None: the published ones
    for the number of doublings, 4 each below 3."""
    shared: Width = 128
    """Length of the embedding of a class."""
    norm: Literal["conditional_batch"] = "conditional_batch"
    spectral: bool = True
    """Spectral norm of every layer but the embedding of classes."""
    attention: Attention = ()
    init: Init = "orthogonal"

    @property
    def told_classes(self) -> bool:
        """True: its network takes labels beside vectors."""
        return True

    def build(self, inputs: int, spec: Spec, classes: int = 0) -> "BigganGenerator":
        """Build a network of [N, inputs] and labels [N] -> samples [N, C, H, W]."""
        return BigganGenerator(inputs, spec, classes, self)


class BigganDiscriminatorParams(Block):
    """From samples and their classes to logits."""

    kind: Literal["biggan"]
    width: Width = 96
    multipliers: Multipliers | None = None
    """Channels behind each block, in ``width``, from the samples on; None: the published ones for
    the number of halvings, 2 each below 4."""
    halvings: Halvings | None = None
    """Blocks that halve, from the samples on; None: all but the last, and two of four at 32
    pixels."""
    spectral: bool = True
    """Spectral norm of every layer, the embedding of classes among them."""
    attention: Attention = ()
    head: Head = "projection"
    init: Init = "orthogonal"

    @property
    def told_classes(self) -> bool:
        """True: its network takes labels beside samples."""
        return self.head == "projection"

    @property
    def bounds_slope(self) -> bool:
        """True: spectral norm of every layer bounds how steep the network is."""
        return self.spectral

    def build(self, spec: Spec, outputs: int, classes: int = 0) -> "BigganDiscriminator":
        """Build a network of samples [N, C, H, W] and, for its projection, labels [N] ->
        [N, outputs]."""
        return BigganDiscriminator(spec, outputs, classes, self)


class BigganGenerator(nn.Module):
    """See `BigganGeneratorParams`."""

    def __init__(
        self, inputs: int, spec: Spec, classes: int, params: BigganGeneratorParams
    ) -> None:
        """Raise ValueError where `halvings` does, or a part does not fit the samples or the
        draw."""
        super().__init__()
        levels, (rows, columns) = halvings(spec)
        multipliers = params.multipliers or GENERATOR.get(levels, (4,) * levels)
        if len(multipliers) != levels:
            raise ValueError(
                f"multipliers: found {len(multipliers)}, allowed of these samples: {levels}"
            )
        if classes < 2:
            raise ValueError("kind: biggan needs classes: a gan with conditional: true")
        if inputs % (levels + 1):
            raise ValueError(
                f"latent: found {inputs}, allowed: multiples of {levels + 1}, a part for the first "
                "layer and one for each block"
            )
        self.part = inputs // (levels + 1)
        widths = [params.width * multiplier for multiplier in multipliers]
        heights = [rows * 2 ** (level + 1) for level in range(levels)]
        check_attention(params.attention, heights)
        self.shared = nn.Embedding(classes, params.shared)
        self.stem = nn.Sequential(
            nn.Linear(self.part, widths[0] * rows * columns),
            nn.Unflatten(1, (widths[0], rows, columns)),
        )
        norm = partial(linear_batch_norm, params.shared + self.part)
        self.blocks = nn.ModuleList()
        for height, (before, after) in zip(heights, pairwise([widths[0], *widths]), strict=True):
            self.blocks.append(
                Conditioned(
                    ResidualBlock(before, after, norm, resample="up"),
                    *attention_at(height, params.attention, after),
                )
            )
        self.head = nn.Sequential(
            norm_layer("batch", widths[-1]),
            nn.ReLU(),
            nn.Conv2d(widths[-1], spec.channels, 3, padding=1),
        )
        initialise(self, params.init)
        if params.spectral:
            add_spectral_norm(self)
        if spec.bounded:
            self.head.append(nn.Tanh())

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Map [N, inputs] and labels [N] to [N, C, H, W]."""
        return self.of_embedding(z, self.shared(labels))

    def of_embedding(self, z: Tensor, embedding: Tensor) -> Tensor:
        """Map [N, inputs] and embeddings of classes [N, shared], or between classes, likewise."""
        first, *parts = torch.split(z, self.part, dim=1)
        x = self.stem(first)
        for block, part in zip(self.blocks, parts, strict=True):
            x = block(x, cat([embedding, part], dim=1))
        y: Tensor = self.head(x)
        return y


class BigganDiscriminator(nn.Module):
    """See `BigganDiscriminatorParams`."""

    def __init__(
        self, spec: Spec, outputs: int, classes: int, params: BigganDiscriminatorParams
    ) -> None:
        """Raise ValueError where `halvings` does, or a part does not fit the samples."""
        super().__init__()
        self.size = (spec.height, spec.width)
        levels = levels_of(spec, None)
        multipliers = params.multipliers or DISCRIMINATOR.get(levels, (2,) * (levels + 1))
        usual = 2 if levels == 3 else min(levels, len(multipliers))
        count = levels_of(spec, params.halvings or usual)
        if count > len(multipliers):
            raise ValueError(
                f"halvings: found {count}, allowed: {len(multipliers)} or fewer, the number of "
                "multipliers"
            )
        widths = [params.width * multiplier for multiplier in multipliers]
        heights = [spec.height // 2 ** (level + 1) for level in range(count)]
        check_attention(params.attention, heights)
        self.blocks = nn.ModuleList()
        for level, (inputs, after) in enumerate(pairwise([spec.channels, *widths])):
            block = ResidualBlock(
                inputs,
                after,
                "none",
                resample="down" if level < count else "none",
                first=level == 0,
            )
            attends = attention_at(heights[level], params.attention, after) if level < count else ()
            self.blocks.append(nn.Sequential(block, *attends))
        self.head: nn.Module
        if params.head == "projection":
            self.head = ProjectionHead(widths[-1], outputs, classes)
        else:
            self.head = nn.Linear(widths[-1], outputs)
        initialise(self, params.init)
        if params.spectral:
            add_spectral_norm(self, embeddings=True)

    def features(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map [N, C, H, W], whatever their classes, to what the head sees of each, [N, F]."""
        for block in self.blocks:
            x = block(x)
        return relu(x).sum((2, 3))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map [N, C, H, W], and labels [N] where the head takes them, to [N, outputs]."""
        features = self.features(x)
        y: Tensor = self.head(features) if labels is None else self.head(features, labels)
        return y


def linear_batch_norm(inputs: int, channels: int) -> ConditionalBatchNorm:
    """Build batch norm whose scale and shift are linear in a condition [N, inputs]."""
    gain, bias = (nn.Linear(inputs, channels, bias=False) for _ in range(2))
    return ConditionalBatchNorm(channels, gain, bias)


@torch.no_grad()
def initialise(network: nn.Module, kind: Init) -> None:
    """Draw the weights of convolutions, linear layers and embeddings; their biases become 0.

    ``orthogonal``: rows or columns, whichever are fewer, at right angles and of length 1 (Saxe et
    al. 2014); ``normal``: from N(0, 0.02); ``xavier``: uniform, by Glorot & Bengio 2010.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding):
            if kind == "orthogonal":
                nn.init.orthogonal_(layer.weight)
            elif kind == "normal":
                nn.init.normal_(layer.weight, 0.0, 0.02)
            else:
                nn.init.xavier_uniform_(layer.weight)
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
            nn.init.zeros_(layer.bias)
