"""The mean vector of each class of a data set."""

import torch
from torch import Tensor, nn

from pipeline.system.distributed import summed, synced

MOMENTUM = 0.95
"""Share of its value that a mean keeps with each batch while training."""


class ClassMeans(nn.Module):
    """The mean vector of each class: followed while vectors change in training, and taken anew, of
    all that are met, between `collect` and `finish`."""

    mean: Tensor

    def __init__(self, classes: int, numbers: int) -> None:
        """Begin with zeros [classes, numbers]."""
        super().__init__()
        self.register_buffer("mean", torch.zeros(classes, numbers))
        self._collected: tuple[Tensor, Tensor] | None = None

    @torch.no_grad()
    def observe(self, vectors: Tensor, labels: Tensor) -> None:
        """Take in vectors [N, Z] of classes [N]. A class that is not among them stays as it is."""
        classes = torch.arange(len(self.mean), device=labels.device)
        members = (labels[:, None] == classes).double()  # [N, classes]
        sums, counts = members.T @ vectors.double(), members.sum(dim=0)[:, None]
        if self._collected is not None:
            self._collected = (self._collected[0] + sums, self._collected[1] + counts)
            return
        if synced():
            sums, counts = summed(sums), summed(counts)
        found = (sums / counts.clamp(min=1)).to(self.mean.dtype)
        self.mean.lerp_(found, (1 - MOMENTUM) * (counts > 0).to(self.mean.dtype))

    def collect(self) -> None:
        """Begin to add up what is observed."""
        nothing = torch.zeros_like(self.mean, dtype=torch.float64)
        self._collected = (nothing, nothing[:, :1])

    def finish(self) -> None:
        """Let the means be those of what was observed since `collect`; others stay."""
        assert self._collected is not None
        sums, counts = self._collected
        found = (sums / counts.clamp(min=1)).to(self.mean.dtype)
        self.mean.copy_(torch.where(counts > 0, found, self.mean))
        self._collected = None
