"""Multi-scale structural similarity.

Wang, Simoncelli and Bovik, "Multi-scale structural similarity for image quality assessment", 2003,
eq. 7, with the published weights of five scales. As in the authors' code each scale is the mean of
2 x 2 pixels of the scale before (the last of an odd number is averaged with itself), contrast and
structure are averaged over the windows of each scale before the power is taken, and the luminance
is part of the last scale's mean.
"""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from pipeline.metrics.ssim import WINDOW, ssim_terms, unit_range

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
LEAST = (WINDOW - 1) * 2 ** (len(WEIGHTS) - 1) + 1
"""Pixels a side, 161: one window of 11 is left at the last scale."""


def ms_ssim_each(x: Tensor, reference: Tensor) -> Tensor:
    """Compute the MS-SSIM of each picture of [N, C, H, W] in [-1, 1], [N] float64.

    1 for equal ones. Channels count equally. What has a negative mean at some scale (a picture and
    its negative) counts as 0. Raises ValueError where shapes differ, or below `LEAST` pixels.
    """
    if min(x.shape[2:]) < LEAST:
        raise ValueError(
            f"MS-SSIM of five scales needs {LEAST} pixels a side, found {list(x.shape[2:])}"
        )
    return torch.cat([_of_pairs(a, b) for a, b in unit_range(x, reference)])


def ms_ssim(x: Tensor, reference: Tensor) -> float:
    """Average `ms_ssim_each` over pictures [N, C, H, W] in [-1, 1]."""
    return float(ms_ssim_each(x, reference).mean())


def _of_pairs(a: Tensor, b: Tensor) -> Tensor:
    """Compute the MS-SSIM of pairs [N, C, H, W] in [0, 1], [N]."""
    terms = []
    for scale in range(len(WEIGHTS)):
        if scale:
            # Where a part of 2 x 2 lies outside, the mean is that of what lies inside.
            a, b = (avg_pool2d(y, 2, ceil_mode=True, count_include_pad=False) for y in (a, b))
        similarity, structure = ssim_terms(a, b)
        terms.append(structure if scale < len(WEIGHTS) - 1 else similarity)
    weights = torch.tensor(WEIGHTS, dtype=a.dtype, device=a.device)
    return (torch.stack(terms, dim=-1).clamp(min=0) ** weights).prod(dim=-1).mean(dim=1)
