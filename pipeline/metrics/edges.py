"""Structure that a translation keeps: whether edges lie where the input's do."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

NEAR = 3  # pixels within which an edge counts as being at the same place


def edge_correlation(x: Tensor, reference: Tensor) -> Tensor:
    """Correlate the edges of pictures [N, C, H, W] with those of a reference [N, K, H, W]: [N].

    Edges are the absolute differences of neighbours, the mean over channels, averaged over
    `NEAR` x `NEAR` pixels. Pearson's correlation over the pixels of each pair: 1 where all edges
    stay, about 0 for another picture; 0 where either has no edge at all.
    """
    a, b = (edges(pictures).flatten(1) for pictures in (x, reference))
    a, b = a - a.mean(dim=1, keepdim=True), b - b.mean(dim=1, keepdim=True)
    norms = a.norm(dim=1) * b.norm(dim=1)
    correlation = (a * b).sum(dim=1) / norms.clamp(min=1e-12)
    return torch.where(norms > 1e-9, correlation, torch.zeros_like(correlation))


def edges(x: Tensor) -> Tensor:
    """Measure the strength of edges in pictures [N, C, H, W]: [N, 1, H - NEAR, W - NEAR]."""
    grey = x.double().mean(dim=1, keepdim=True)
    across = (grey[..., :-1, 1:] - grey[..., :-1, :-1]).abs()
    down = (grey[..., 1:, :-1] - grey[..., :-1, :-1]).abs()
    return avg_pool2d(across + down, NEAR, stride=1)
