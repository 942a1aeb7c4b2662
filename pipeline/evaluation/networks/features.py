"""The contract of networks that give features of pictures."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from pipeline.evaluation.networks.resizing import Resizing, describe, resize
from pipeline.evaluation.weights import Weights


class FeatureNetwork(ABC):
    """A frozen network that maps pictures to features, and what to state beside its numbers."""

    side: int
    """Pixels that pictures are brought to."""
    package: str
    """Whose code it is, "NAME VERSION"."""

    def __init__(
        self, name: str, weights: Weights, resizing: Resizing, device: torch.device
    ) -> None:
        """Keep what it is; what derives from it loads its weights before."""
        self.name = name
        self.checksum = weights.sha256
        """The SHA-256 of its file of weights."""
        self.resizing = describe(resizing, self.side)
        """The preparation of pictures, in words."""
        self._convention = resizing
        self._device = device

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Compute features [N, F] of pictures [N, 1 or 3, H, W] in [-1, 1] of any size.

        On the network's device. All at once: many pictures are handed over in batches. Raises
        ValueError for another shape.
        """
        return self._features(self._resized(x))

    def _resized(self, x: Tensor) -> Tensor:
        return resize(x.to(self._device), self.side, self._convention)

    @abstractmethod
    def _features(self, x: Tensor) -> Tensor:
        """Compute features of [N, 3, side, side] in [0, 255]."""


class LogitsNetwork(FeatureNetwork):
    """A feature network that also classifies."""

    @abstractmethod
    def logits_of(self, features: Tensor) -> Tensor:
        """Compute logits [N, K] of what `features` returned, [N, F]."""
