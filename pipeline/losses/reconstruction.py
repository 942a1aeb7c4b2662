"""Likelihoods of a sample given its reconstruction."""

import math

from torch import Tensor


def gaussian_nll(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Compute -log N(x | mean, variance) in nats for each sample, summed over values: -> [N].

    ``log_variance`` is one number for all values (a learnt or fixed observation noise; the
    sigma-VAE of Rybkin et al. 2021, eq. 4).
    """
    squares = (x - mean).square().flatten(1).sum(dim=1)
    values = x[0].numel()
    return 0.5 * (squares / log_variance.exp() + values * (log_variance + math.log(2 * math.pi)))


def logit_laplace_nll(x: Tensor, mean: Tensor, log_scale: Tensor) -> Tensor:
    """Average -log of the logit-Laplace density of values in (0, 1), in nats for each value.

    The logit of a value has a Laplace distribution: densities end where the values do, as those of
    no normal or Laplace distribution would. Ramesh et al. 2021, appendix A.3, eq. 5. All of one
    shape; ``mean`` is the mean of logits.
    """
    distance = (x.logit() - mean).abs() * (-log_scale).exp()
    return (distance + log_scale + math.log(2) + x.log() + (1 - x).log()).mean()
