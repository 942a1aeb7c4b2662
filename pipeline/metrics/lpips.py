"""LPIPS: a learnt perceptual distance of two pictures, by a network's feature maps."""

from collections.abc import Sequence

import torch
from torch import Tensor

EPSILON = 1e-10  # of the public code: what keeps a feature of all zeros from dividing by zero


def lpips_each(
    features: Sequence[Tensor], reference: Sequence[Tensor], weights: Sequence[Tensor]
) -> Tensor:
    """Compute the LPIPS of each picture, [N], from feature maps of both sides.

    Sum over layers of the mean over places of sum_c w_c (f_c / |f| - g_c / |g|)^2, where |f| is the
    length over channels (Zhang et al. 2018, eq. 1; the weights are squared there and as they are in
    the public code, whose files hold them, and here).

    Args:
        features: one tensor ``[N, C, H, W]`` a layer; C, H and W differ between layers.
        reference: the same of the pictures they are compared with.
        weights: ``[C]`` a layer, not negative.

    Raises:
        ValueError: shapes that don't fit each other.
    """
    if not len(features) == len(reference) == len(weights) > 0:
        shown = f"{len(features)}, {len(reference)} and {len(weights)}"
        raise ValueError(f"expected as many layers of features, reference and weights: {shown}")
    distances = []
    for x, y, weight in zip(features, reference, weights, strict=True):
        if x.ndim != 4 or x.shape != y.shape or weight.shape != x.shape[1:2]:
            shown = ", ".join(str(list(tensor.shape)) for tensor in (x, y, weight))
            raise ValueError(f"expected two feature maps [N, C, H, W] and weights [C]: {shown}")
        squares = (_unit(x) - _unit(y)).square().mean(dim=(2, 3))
        distances.append(squares @ weight.float())
    return torch.stack(distances).sum(dim=0)


def lpips(
    features: Sequence[Tensor], reference: Sequence[Tensor], weights: Sequence[Tensor]
) -> float:
    """Average `lpips_each` over pictures; 0 for equal ones."""
    return float(lpips_each(features, reference, weights).double().mean())


def _unit(x: Tensor) -> Tensor:
    """Bring the features at each place to length 1."""
    x = x.float()
    return x / (x.square().sum(dim=1, keepdim=True).sqrt() + EPSILON)
