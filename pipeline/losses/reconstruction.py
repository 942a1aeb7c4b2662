"""How far a reconstruction is from its original."""

import math

from torch import Tensor


def gaussian_nll(x: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """-log N(x | mean, variance) in nats for each sample, summed over its values: -> [N].

    ``log_variance`` is one number for all values (a learnt or fixed observation noise; the
    sigma-VAE of Rybkin et al. 2021, eq. 4).
    """
    squares = (x - mean).square().flatten(1).sum(dim=1)
    values = x[0].numel()
    return 0.5 * (squares / log_variance.exp() + values * (log_variance + math.log(2 * math.pi)))
