"""Distances between distributions."""

from torch import Tensor


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Compute KL(N(mean, variance) || N(0, 1)) in nats for each row: [N, Z] -> [N].

    Kingma & Welling 2014, appendix B.
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)


def mean_kl(mean: Tensor) -> Tensor:
    """Average KL(N(mean, 1) || N(0, 1)), in nats a value, over all values: any shape -> scalar.

    An average, so that weights carry over to latents of any height and width. Liu et al. 2017,
    section 3; their public code leaves the half out.
    """
    return 0.5 * mean.square().mean()
