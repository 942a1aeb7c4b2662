"""How far what a discriminator sees in fakes is from what it sees in real samples."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import l1_loss


def feature_matching(
    fakes: Sequence[Sequence[Tensor]], reals: Sequence[Sequence[Tensor]]
) -> Tensor:
    """Mean absolute difference of features, summed over layers and averaged over scales: scalar.

    Wang et al. 2018 (pix2pixHD), eq. 4; the average over scales is that of SPADE's code, and with
    it the published weight of 10 holds. ``fakes`` and ``reals`` hold for each scale the features
    of each layer, tensors of equal shapes, without the logits. No gradient reaches the reals.
    """
    scales = [
        torch.stack(
            [l1_loss(f.float(), r.detach().float()) for f, r in zip(fake, real, strict=True)]
        ).sum()
        for fake, real in zip(fakes, reals, strict=True)
    ]
    return torch.stack(scales).mean()
