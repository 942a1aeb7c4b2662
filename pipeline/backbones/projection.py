"""The head that describes patches of feature maps, for contrastive losses (Park et al. 2020)."""

import torch
from torch import Tensor, nn


class ProjectionHead(nn.Module):
    """Patches of feature maps -> vectors, by a network of two layers for each depth."""

    def __init__(self, channels: tuple[int, ...], features: int, num_patches: int) -> None:
        """Take the channels of each depth's maps."""
        super().__init__()
        self.num_patches = num_patches
        self.networks = nn.ModuleList(
            nn.Sequential(nn.Linear(c, features), nn.ReLU(), nn.Linear(features, features))
            for c in channels
        )
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_normal_(layer.weight, gain=0.02)
                nn.init.zeros_(layer.bias)

    def choose(self, maps: list[Tensor]) -> list[Tensor]:
        """Draw patches [P] of maps [N, C, H, W], for each depth; all where there are fewer."""
        sizes = [m.shape[-2] * m.shape[-1] for m in maps]
        return [torch.randperm(size, device=maps[0].device)[: self.num_patches] for size in sizes]

    def forward(self, maps: list[Tensor], patches: list[Tensor]) -> list[Tensor]:
        """[N, C, H, W] and [P] for each depth -> float32 [N, P, features] for each depth."""
        return [
            network(m.flatten(2)[:, :, at].transpose(1, 2)).float()
            for network, m, at in zip(self.networks, maps, patches, strict=True)
        ]
