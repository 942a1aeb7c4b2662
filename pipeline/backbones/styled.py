"""Generators steered by styles: a mapping network, then a synthesis network that begins at nothing.

Karras et al. 2019. Synthesis starts from a map that is learnt; each of its layers takes a w of its
own and a map of noise.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from pydantic import Field
from torch import Generator, Tensor, nn

from pipeline.block import Block, Layers, Width
from pipeline.nn.mapping import Mapping
from pipeline.nn.noise import Noise
from pipeline.samples import Spec


class Synthesis(nn.Module, ABC):
    """The contract of what draws samples of styles."""

    layers: int
    """Number of w that a sample takes, from coarse to fine."""

    @abstractmethod
    def forward(
        self, ws: Tensor, noise: Noise = "fresh", generator: Generator | None = None
    ) -> Tensor:
        """Map a w for each layer [N, layers, W] to samples [N, C, H, W], not bounded.

        ``generator``: what fresh noise is drawn by; None: that of the device.
        """


class StyledParams(Block, ABC):
    """Parameters of all generators of styles; published values by default."""

    width: Width = 64
    """Channels at full size; they double at each halving. In the public code's terms
    channel_base / resolution: 64 in paper256, 32 at 1024 pixels, 1024 in cifar."""
    most: Width = 512
    """Channels at most."""
    dim: Width = 512
    """Numbers of w."""
    layers: Layers = 8
    """Layers of the mapping network; 2 in the published cifar."""
    mixing: float = Field(0.9, ge=0, le=1)
    """Share of the samples in training that take the w of two draws, the second from a layer on
    that is drawn."""

    told_classes: ClassVar[bool] = False
    """It needs none: where there are classes the mapping network is told them."""

    def build(self, latent: int, spec: Spec, classes: int = 0) -> "StyledGenerator":
        """Build a network of draws [N, latent], and classes [N], -> samples [N, C, H, W].

        Their values are not bounded. Raises ValueError where samples do not halve.
        """
        mapping = Mapping(latent, classes, self.dim, self.layers)
        return StyledGenerator(mapping, self.build_synthesis(spec), self.mixing)

    @abstractmethod
    def build_synthesis(self, spec: Spec) -> Synthesis:
        """Build what draws samples of styles; raise ValueError where samples do not halve."""


class StyledGenerator(nn.Module):
    """A mapping and a synthesis network."""

    def __init__(self, mapping: Mapping, synthesis: Synthesis, mixing: float) -> None:
        super().__init__()
        self.mapping, self.synthesis, self.mixing = mapping, synthesis, mixing

    @property
    def layers(self) -> int:
        """Number of w that a sample takes."""
        return self.synthesis.layers

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generate samples [N, C, H, W] as training sees them: mixed, of fresh noise."""
        y: Tensor = self.synthesis(self.styles(z, labels))
        return y

    def styles(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map draws [N, Z] and classes [N] to the w of each layer, [N, layers, W], some mixed.

        The mean of w follows where the network is in training.
        """
        w = self.mapping(z, labels)
        if self.training:
            self.mapping.follow(w)
        ws = spread(w, self.layers)
        if not self.mixing:
            return ws
        other = spread(self.mapping(torch.randn_like(z), labels), self.layers)
        fine = self.draw_fine(len(z), z.device)
        return torch.where(fine[:, :, None], other, ws)

    def draw_fine(self, count: int, device: torch.device) -> Tensor:
        """Draw which layers take another w, [N, layers] of bool: those from some layer on, or none.

        The first never does. One layer a sample, where the public code draws one a batch.
        """
        start = torch.randint(1, self.layers, (count, 1), device=device)
        mixed = torch.rand(count, 1, device=device) < self.mixing
        return mixed & (torch.arange(self.layers, device=device) >= start)


def spread(w: Tensor, layers: int) -> Tensor:
    """Give all of ``layers`` the same w [N, W]: [N, layers, W]."""
    return w[:, None].expand(-1, layers, -1)
