"""Frechet distance between two sets of features."""

import torch
from torch import Tensor


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Measure the squared Frechet distance of Gaussians fitted to features [N, F] and [M, F].

    |m_a - m_b|^2 + tr(S_a + S_b - 2 (S_a S_b)^1/2) (Dowson & Landau 1982). With the features of
    a classifier of ours it is called ``fd_features``; FID is the same with Inception's. Raises
    ValueError for fewer than two rows.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError("a Frechet distance needs at least two samples on each side")
    a, b = a.double(), b.double()
    covariance_a, covariance_b = (torch.cov(x.T).reshape(2 * x.shape[1:]) for x in (a, b))
    # The trace of the root of a product of two positive matrices: sum of the roots of its
    # eigenvalues, which are real and not negative but for rounding.
    eigenvalues = torch.linalg.eigvals(covariance_a @ covariance_b).real.clamp(min=0)
    spread = covariance_a.trace() + covariance_b.trace() - 2 * eigenvalues.sqrt().sum()
    return float((a.mean(0) - b.mean(0)).square().sum() + spread.clamp(min=0))
