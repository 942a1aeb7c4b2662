"""The discriminator of Projected GANs: small heads on features of a frozen, pretrained network.

Sauer et al. 2021, sections 3 and 4. Maps of several depths are mixed across channels by random 1x1
convolutions, then across scales, from the deepest up, by random 3x3 convolutions of their sum with
the enlarged one below; neither learns. A head a depth halves its maps to 4 rows or columns and
gives a logit a place. Told classes, heads multiply with an embedding (Miyato & Koyama 2018), as the
published code does.

Known to differ from that code: maps keep the sizes that the network gives them, where there each is
doubled once more, and the scales are mixed by 3x3 convolutions as in the paper, where it has 1x1.
"""

import math
from typing import ClassVar, Literal, Protocol, Self, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from pipeline.block import Block, Width
from pipeline.nn.convolution import add_spectral_norm
from pipeline.nn.normalisation import Norm, norm_layer
from pipeline.nn.shapes import shape_of
from pipeline.samples import Spec

SMALLEST = 4  # rows or columns of maps that a head sees, and of its logits
EMBEDDING = 64  # numbers of a class


class HasTaps(Protocol):
    """A network that shows what its layers find."""

    def taps(self, x: Tensor) -> list[Tensor]:
        """List feature maps [N, C, h, w] of samples [N, C, H, W], shallow ones first."""


class FrozenFeatures(nn.Module):
    """A network's feature maps; its weights and statistics stay as they are."""

    def __init__(self, network: nn.Module) -> None:
        """Freeze a network that has ``taps``."""
        super().__init__()
        self.network = network.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """Leave the network in evaluation mode: its statistics are not to follow these samples."""
        return super().train(False)

    def forward(self, x: Tensor) -> list[Tensor]:
        """List the maps [N, C, h, w] of samples that have 4 rows and columns or more."""
        maps = cast(HasTaps, self.network).taps(x)
        return [found for found in maps if min(found.shape[2:]) >= SMALLEST]

    def shapes(self, spec: Spec) -> list[torch.Size]:
        """List the shapes [C, h, w] of a sample's maps; raise ValueError where there are none."""
        weight = next(self.network.parameters())
        with torch.no_grad():
            maps = self(torch.zeros(1, *shape_of(spec), device=weight.device))
        if not maps:
            raise ValueError(f"samples of {spec} are too small for features of 4 rows and columns")
        return [found.shape[1:] for found in maps]


class ProjectedDiscriminatorParams(Block):
    """A head for each depth of the network that ``pretrained`` names."""

    # Heads have it alone; what bounds them does not bound the features before them.
    spectral: ClassVar[bool] = True

    kind: Literal["projected"] = "projected"
    width: Width = 64
    """Channels of the shallowest mixed maps; they double at each depth and in heads."""
    most: Width = 512
    """Channels of heads at most."""
    norm: Norm = "batch"
    """In the heads, beside spectral norm."""

    def build(self, features: FrozenFeatures, spec: Spec, classes: int) -> "ProjectedDiscriminator":
        """Build a network of samples [N, C, H, W], and labels [N] where there are ``classes``, to
        logits of each depth.

        Raises ValueError where samples are too small.
        """
        return ProjectedDiscriminator(features, spec, self, classes)


class ProjectedDiscriminator(nn.Module):
    """See `ProjectedDiscriminatorParams`."""

    def __init__(
        self,
        features: FrozenFeatures,
        spec: Spec,
        params: ProjectedDiscriminatorParams,
        classes: int,
    ) -> None:
        super().__init__()
        self.features = features
        shapes = features.shapes(spec)
        self.mixing = RandomMixing([shape[0] for shape in shapes], params.width)
        self.heads = nn.ModuleList(
            Head(channels, (shape[1], shape[2]), params, classes)
            for channels, shape in zip(self.mixing.outputs, shapes, strict=True)
        )

    def forward(self, x: Tensor, labels: Tensor | None = None) -> list[list[Tensor]]:
        """Map samples [N, C, H, W], of classes [N], to logits [N, 1, h, w] of each depth."""
        maps = self.mixing(self.features(x))
        return [[head(found, labels)] for head, found in zip(self.heads, maps, strict=True)]


class RandomMixing(nn.Module):
    """Random convolutions that never learn: across channels, then across scales."""

    def __init__(self, channels: list[int], width: int) -> None:
        """Take the channels of each depth, shallow ones first."""
        super().__init__()
        mixed = [width * 2**depth for depth in range(len(channels))]
        self.outputs = [mixed[max(depth - 1, 0)] for depth in range(len(channels))]
        self.across_channels = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 1) for inputs, outputs in zip(channels, mixed, strict=True)
        )
        self.across_scales = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 3, padding=1)
            for inputs, outputs in zip(mixed, self.outputs, strict=True)
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)
        self.requires_grad_(False)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Mix maps [N, C, h, w] of each depth: [N, outputs, h, w]."""
        found: list[Tensor] = []
        deeper: Tensor | None = None
        layers = zip(maps, self.across_channels, self.across_scales, strict=True)
        for x, across_channels, across_scales in reversed(list(layers)):
            y = across_channels(x)
            if deeper is not None:
                y = y + interpolate(deeper, y.shape[2:], mode="bilinear", align_corners=False)
            deeper = across_scales(y)
            found.insert(0, deeper)
        return found


class Head(nn.Module):
    """Strided 4x4 convolutions to 4 to 7 rows or columns, then a logit for each place."""

    def __init__(
        self,
        channels: int,
        size: tuple[int, int],
        params: ProjectedDiscriminatorParams,
        classes: int,
    ) -> None:
        super().__init__()
        self.body = nn.Sequential()
        # Maps of 4 rows have no size to lose, but the logits are not to be linear in them.
        strides = [2] * int(math.log2(min(size) / SMALLEST)) or [1]
        for stride in strides:
            wider = min(stride * channels, params.most)
            self.body.append(nn.Conv2d(channels, wider, 2 + stride, stride, padding=1))
            self.body.append(norm_layer(params.norm, wider))
            self.body.append(nn.LeakyReLU(0.2, inplace=True))
            channels = wider
        self.logits = nn.Conv2d(channels, EMBEDDING if classes else 1, 3, padding=1, bias=False)
        add_spectral_norm(self)
        self.embedding = nn.Embedding(classes, EMBEDDING) if classes else None

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map [N, channels, h, w] to logits [N, 1, h', w']."""
        y: Tensor = self.logits(self.body(x))
        if self.embedding is None:
            return y
        weights = self.embedding(labels)[:, :, None, None]
        told: Tensor = (y * weights).sum(dim=1, keepdim=True) / math.sqrt(EMBEDDING)
        return told
