"""A network that decides by a few noisy numbers."""

from typing import Any

import torch
from torch import Tensor, nn


class Bottleneck(nn.Module):
    """Draws a code z of N(mean, variance) for each sample, and makes one logit of it.

    Alemi et al. 2017; Peng et al. 2019, section 3.
    """

    def __init__(self, encoder: nn.Module, width: int) -> None:
        """Take a network of samples -> means and log variances [N, 2 * width], one tensor."""
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(width, 1)

    def forward(self, x: Tensor, *labels: Tensor) -> list[list[Tensor]]:
        """Map samples to one discriminator's layers: the code's statistics, then logits [N, 1]."""
        statistics = self.encoder(x, *labels).float()  # [N, 2 * width]
        mean, log_variance = statistics.chunk(2, dim=1)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        return [[statistics, self.head(z)]]

    def decide(self, z: Tensor) -> Tensor:
        """Map codes [N, width] to logits [N, 1]."""
        logits: Tensor = self.head(z)
        return logits

    def features(self, x: Tensor, *labels: Tensor) -> Tensor:
        """Show the encoder's features."""
        encoder: Any = self.encoder
        y: Tensor = encoder.features(x, *labels)
        return y
