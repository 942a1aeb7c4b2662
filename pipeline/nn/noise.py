"""Noise inputs of a synthesis network (Karras et al. 2019, section 3.2)."""

from typing import Literal

import torch
from torch import Generator, Tensor, nn

Noise = Literal["none", "fresh", "constant"]
"""No noise; drawn anew for each sample; the maps that a network keeps, alike for all samples."""


class NoiseInput(nn.Module):
    """Adds a map of normal noise to all channels, each scaled by a strength that is learnt."""

    constant: Tensor

    def __init__(self, size: tuple[int, int], channels: int = 1) -> None:
        """Take the map's height and width, and as many strengths: one for each channel, or one."""
        super().__init__()
        self.register_buffer("constant", torch.randn(size))
        self.strength = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, noise: Noise, generator: Generator | None = None) -> Tensor:
        """Add noise to [N, C, H, W]; ``generator``: the processor's, that fresh noise is drawn by.

        None draws it where ``x`` is.
        """
        if noise == "none":
            return x
        maps = self.constant if noise == "constant" else self.draw(x, generator)
        return x + (self.strength[:, None, None] * maps).to(x.dtype)

    def draw(self, x: Tensor, generator: Generator | None) -> Tensor:
        """Draw a map for each of the samples [N, C, H, W]: [N, 1, H, W]."""
        device = x.device if generator is None else generator.device
        shape = (x.shape[0], 1, *self.constant.shape)
        return torch.randn(shape, generator=generator, device=device).to(x.device)
