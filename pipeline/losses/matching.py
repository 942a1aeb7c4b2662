"""Feature matching: distances of a discriminator's features of fakes and of real samples.

`feature_matching` compares each fake with its own real sample, `mean_feature_matching` a batch with
a batch.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import l1_loss


def feature_matching(
    fakes: Sequence[Sequence[Tensor]],
    reals: Sequence[Sequence[Tensor]],
    weights: Sequence[float] | None = None,
) -> Tensor:
    """Average absolute differences of features, summed over layers and over discriminators.

    Scalar, from what each discriminator's layers give: tensors of equal shapes. No gradient
    reaches the reals. Wang et al. 2018 (pix2pixHD), eq. 4. ``weights`` are those of the
    discriminators in the sum; None averages over them, as SPADE's code does, whose weight of 10
    holds with it. Other codes sum over them (HiFi-GAN's: each weighs 1).
    """
    scales = [
        torch.stack(
            [l1_loss(f.float(), r.detach().float()) for f, r in zip(fake, real, strict=True)]
        ).sum()
        for fake, real in zip(fakes, reals, strict=True)
    ]
    if weights is None:
        return torch.stack(scales).mean()
    return torch.stack([w * scale for w, scale in zip(weights, scales, strict=True)]).sum()


def mean_feature_matching(fake: Tensor, real: Tensor) -> Tensor:
    """Compute |E f(fake) - E f(real)|^2 of features [N, F] and [M, F]: a scalar.

    Salimans et al. 2016, section 3.1. The means are of the batches, so it does not matter which
    fake stands beside which sample. No gradient reaches the reals.
    """
    return (fake.float().mean(dim=0) - real.detach().float().mean(dim=0)).square().sum()
