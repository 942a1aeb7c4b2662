"""Bias discovery: which regions of a latent space a data set has much and little of.

Amini et al. 2019, section 3.3: the density of a sample's code is approximated by the product of
histograms of its numbers, and what has little of it should be drawn more often. Nobody has to name
what is rare.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.nn.code_density import log_rarity

BINS, ALPHA = 10, 0.01
"""Parts of the range of each number, and what is added to its share of codes; see `log_rarity`."""


@dataclass(frozen=True)
class Balance:
    """Rarities of N samples, and weights to draw them by."""

    rarity: Tensor
    """log prod_d 1 / (Q_d + alpha) [N] float64: the larger, the rarer."""
    weights: Tensor
    """By which to draw them so that rare ones come as often as common ones: [N], mean 1."""

    def order(self) -> Tensor:
        """Return the places [N] of samples from the most common to the rarest."""
        return self.rarity.argsort(stable=True)


def balance_of(codes: Tensor, *, bins: int = BINS, alpha: float = ALPHA) -> Balance:
    """Compute how rare codes [N, Z] are among themselves.

    Raises ValueError for fewer than two, or for values that are not finite.
    """
    if codes.dim() != 2 or len(codes) < 2 or not codes.isfinite().all():
        raise ValueError(f"expected two finite codes or more [N, Z], found {list(codes.shape)}")
    labels = torch.zeros(len(codes), dtype=torch.int64, device=codes.device)
    rarity = log_rarity(codes.double(), labels, classes=1, bins=bins, alpha=alpha)
    return Balance(rarity, rarity.softmax(dim=0) * len(codes))


def effective_number(weights: Tensor) -> float:
    """Compute (sum w)^2 / sum w^2 of weights [N]: N where all are equal, 1 where one has all.

    Kish 1965: a weighted sample tells as much as so many that are weighted alike.
    """
    return float(weights.sum().square() / weights.square().sum())


def share_of_half(weights: Tensor) -> float:
    """Compute the smallest share, 0 to 1, of samples whose weights [N] are half of the sum."""
    reached = weights.sort(descending=True).values.cumsum(dim=0)
    needed = int((reached < (0.5 - 1e-9) * reached[-1]).sum()) + 1
    return needed / len(weights)


def places_shown(count: int, shown: int) -> list[int]:
    """Choose ``shown`` of ``count`` places, both ends among them, at equal distances."""
    if shown >= count:
        return list(range(count))
    return [round(at * (count - 1) / (shown - 1)) for at in range(shown)] if shown > 1 else [0]
