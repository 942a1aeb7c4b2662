"""Feature matching: distances of a discriminator's features of fakes and of real samples."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import l1_loss


def feature_matching(
    fakes: Sequence[Sequence[Tensor]], reals: Sequence[Sequence[Tensor]]
) -> Tensor:
    """Average absolute differences of features, summed over layers, averaged over discriminators.

    Scalar, from what each discriminator's layers give: tensors of equal shapes. No gradient
    reaches the reals. Wang et al. 2018 (pix2pixHD), eq. 4; the average over discriminators is that
    of SPADE's code, whose weight of 10 holds with it. Other codes sum over them (HiFi-GAN's).
    """
    scales = [
        torch.stack(
            [l1_loss(f.float(), r.detach().float()) for f, r in zip(fake, real, strict=True)]
        ).sum()
        for fake, real in zip(fakes, reals, strict=True)
    ]
    return torch.stack(scales).mean()
