"""Virtual batch norm: statistics of a fixed reference batch, beside each sample's own.

Batch norm makes what a network gives of one sample depend on the others of its batch. Here it
depends on a reference batch, chosen once, which goes through the network with each batch.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from pipeline.nn.normalisation import Norm, norm_layer

VectorNorm = Norm | Literal["virtual_batch"]

REFERENCES = 32
"""Samples of a reference batch."""


def vector_norm_layer(kind: VectorNorm, channels: int) -> nn.Module:
    """Build a layer of a network that `VirtualBatch` may wrap."""
    if kind == "virtual_batch":
        return VirtualBatchNorm(channels)
    return norm_layer(kind, channels)


class VirtualBatchNorm(nn.Module):
    """Each channel by the mean and variance of a reference batch and of the sample itself.

    Salimans et al. 2016, section 3.5. As in their code, of R references the statistics weigh
    R / (R + 1), a sample's own 1 / (R + 1), and references are normalised by theirs alone.
    """

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps
        self.references = REFERENCES
        """Rows, the first of each batch, that are references; the rest are samples."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [R + N, C, H, W] to the same shape."""
        values = x.float()
        means = values.mean((2, 3), keepdim=True)  # [R + N, C, 1, 1]
        squares = values.square().mean((2, 3), keepdim=True)
        mean, square = (self._mixed(moments) for moments in (means, squares))
        variance = (square - mean.square()).clamp(min=0)
        y = (values - mean) * (variance + self.eps).rsqrt()
        return (y * self.weight[:, None, None] + self.bias[:, None, None]).to(x.dtype)

    def _mixed(self, moments: Tensor) -> Tensor:
        """Replace each row's moments by those that it is normalised with."""
        count = self.references
        of_references = moments[:count].mean(dim=0, keepdim=True)
        share = 1 / (count + 1)
        of_samples = share * moments[count:] + (1 - share) * of_references
        return torch.cat([of_references.expand(count, -1, -1, -1), of_samples])


class VirtualBatch(nn.Module):
    """A network with layers of `VirtualBatchNorm`, and the reference batch that they take.

    The first batch of training is the reference, and remains it: a buffer, saved and exported. One
    that is smaller is repeated. Gradients go through the references' pass too, as in batch norm.
    """

    reference: Tensor
    chosen: Tensor

    def __init__(self, network: nn.Module, shape: tuple[int, ...]) -> None:
        """Take a network of inputs [N, *shape]."""
        super().__init__()
        self.network = network
        self.register_buffer("reference", torch.zeros(REFERENCES, *shape))
        self.register_buffer("chosen", torch.zeros((), dtype=torch.bool))

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, ...] to what the network makes of it."""
        y: Tensor = self.network(self._behind_references(x))
        return y[REFERENCES:]

    def features(self, x: Tensor) -> Tensor:
        """Show the network's features of [N, ...]."""
        network: Any = self.network
        y: Tensor = network.features(self._behind_references(x))
        return y[REFERENCES:]

    def _behind_references(self, x: Tensor) -> Tensor:
        rows = torch.arange(REFERENCES, device=x.device) % len(x)
        # Where, not if: whether one was chosen is known to the device alone.
        reference = torch.where(self.chosen, self.reference, x.detach()[rows].float())
        if self.training:
            with torch.no_grad():
                self.reference.copy_(reference)
                self.chosen.fill_(True)
        return torch.cat([reference.to(x.dtype), x])
