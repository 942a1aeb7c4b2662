"""The density of codes, by a histogram of each of their numbers.

Amini et al. 2019 (DB-VAE), section 3.3: what a data set has little of has codes where there are
few, and nobody has to name it.
"""

import torch
from torch import Tensor, nn


def log_rarity(codes: Tensor, labels: Tensor, *, classes: int, bins: int, alpha: float) -> Tensor:
    """Compute log prod_d 1 / (Q_d(z_d) + alpha) of each of codes [N, Z] within its class: [N].

    Q_d: the share of the class's codes in the same of ``bins`` equal parts of their range. The
    smaller ``alpha``, the nearer to 1 / Q (Amini et al. 2019, eq. 7). ``labels`` [N] int64: classes
    from 0 on; of others codes count nowhere, and get 0.
    """
    found = codes.new_zeros(len(codes))
    for number in range(classes):
        of_class = (labels == number)[:, None]
        low = codes.masked_fill(~of_class, torch.inf).amin(dim=0)
        high = codes.masked_fill(~of_class, -torch.inf).amax(dim=0)
        within = torch.where(of_class, codes - low, 0) / (high - low).clamp(min=1e-12)
        parts = (within * bins).long().clamp(0, bins - 1).T  # [Z, N]
        seen = of_class.T.to(codes.dtype).expand_as(parts)
        counts = codes.new_zeros(len(parts), bins).scatter_add(1, parts, seen)
        shares = counts / counts.sum(dim=1, keepdim=True).clamp(min=1)
        rarity = -(shares.gather(1, parts) + alpha).log().sum(dim=0)
        found = torch.where(of_class[:, 0], rarity, found)
    return found


def balanced(log_weights: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Scale weights [N], given by their logs, to the number of samples of each class together.

    So each class keeps its share, and weights decide within it. Returns logs [N].
    """
    found = log_weights
    for number in range(classes):
        of_class = labels == number
        total = log_weights.masked_fill(~of_class, -torch.inf).logsumexp(dim=0)
        found = torch.where(of_class, log_weights - total + of_class.sum().log(), found)
    return found


def draw_without_replacement(log_weights: Tensor, count: int) -> Tensor:
    """Draw ``count`` different places of [N] one after the other in proportion to weights: [count].

    By the largest of the logs plus Gumbel noise (Efraimidis & Spirakis 2006).
    """
    uniform = torch.rand_like(log_weights).clamp(min=torch.finfo(log_weights.dtype).tiny)
    return (log_weights - (-uniform.log()).log()).topk(count).indices


class CodeMemory(nn.Module):
    """The codes that were seen last, with their classes, in buffers that a checkpoint keeps."""

    codes: Tensor
    labels: Tensor

    def __init__(self, size: int, latent: int) -> None:
        """Begin with none: labels of -1."""
        super().__init__()
        self.register_buffer("codes", torch.zeros(size, latent))
        self.register_buffer("labels", torch.full((size,), -1))

    @torch.no_grad()
    def push(self, codes: Tensor, labels: Tensor) -> None:
        """Add codes [N, Z] of classes [N] at the end; the oldest make room."""
        size = len(self.codes)
        self.codes = torch.cat([self.codes, codes.detach().to(self.codes.dtype)])[-size:]
        self.labels = torch.cat([self.labels, labels])[-size:]
