"""Total correlation of codes: how far their numbers are from independent.

TC(z) = KL(q(z) || prod_d q(z_d)), where q(z) = E_x q(z | x) is what codes of all samples are like
(Watanabe 1960). 0 where the numbers of a code are independent.
"""

import math

import torch
from torch import Tensor


def minibatch_total_correlation(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Estimate the total correlation in nats from a batch of codes: a scalar.

    ``z`` [N, Z]: a draw of each sample's q(z | x) = N(``mean``, exp ``log_variance``), [N, Z] both.
    Each density is the mean over the batch of the samples' own (minibatch-weighted sampling, Chen
    et al. 2018, appendix C.1). Its value is that of the formula there plus (Z - 1) log of the data
    set's size, a constant, so that gradients are equal, and it approaches the total correlation as
    batches grow. In small batches narrow densities seem to depend on each other: where each draw is
    likely under its own sample's alone, the value is (Z - 1) log N.
    """
    apart = (z[:, None] - mean[None]).square() * (-log_variance).exp()[None]
    densities = -0.5 * (apart + log_variance[None] + math.log(2 * math.pi))  # [draw, sample, Z]
    joint = densities.sum(dim=2).logsumexp(dim=1) - math.log(len(z))
    single = densities.logsumexp(dim=1) - math.log(len(z))
    return (joint - single.sum(dim=1)).mean()


def permute_numbers(z: Tensor) -> Tensor:
    """Shuffle each number of codes [N, Z] over the batch, independently of the others.

    Of draws of q(z) these are draws of prod_d q(z_d), as far as a batch tells (Kim & Mnih 2018,
    algorithm 1).
    """
    order = torch.rand(z.shape, device=z.device).argsort(dim=0)
    return z.gather(0, order)
