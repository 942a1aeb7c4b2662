"""Structural similarity.

Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural
similarity", 2004: Gaussian window of 11 pixels and std 1.5, K1 = 0.01, K2 = 0.03. As in their code
only windows that lie wholly within the picture count, a sum of weight 1 is a mean (population
covariances), and the mean is taken over windows. Every channel counts by itself and equally. This
is skimage's ``structural_similarity`` with ``gaussian_weights=True, sigma=1.5,
use_sample_covariance=False``. What also filters beyond the border, over a reflected one say, gives
other numbers: kornia's are between 0.07 lower (noise) and 0.10 higher (another scene) on drawn
scenes of 64 pixels, and between 0.02 lower and 0.02 higher at 256 pixels.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

WINDOW, STD = 11, 1.5
K1, K2 = 0.01, 0.03
BLOCK = 2**20  # values of each side at once: memory is flat, and more would leave the caches


def ssim_each(x: Tensor, reference: Tensor) -> Tensor:
    """Compute the SSIM of each picture of [N, C, H, W] in [-1, 1], [N] float64; 1 for equal ones.

    Values beyond the range are clamped. Pictures of less than 11 pixels a side have no whole
    window: theirs is the largest odd one that fits, of the same std. Raises ValueError where
    shapes differ.
    """
    return torch.cat([ssim_terms(a, b)[0].mean(dim=1) for a, b in unit_range(x, reference)])


def ssim(x: Tensor, reference: Tensor) -> float:
    """Average `ssim_each` over pictures [N, C, H, W] in [-1, 1]."""
    return float(ssim_each(x, reference).mean())


def unit_range(x: Tensor, reference: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield pairs of [N, C, H, W] in [-1, 1] some at a time, in [0, 1], clamped, float64.

    Variances are small differences of large numbers: float32 would cost the fourth digit. Raises
    ValueError where the two shapes differ or there is no picture.
    """
    if x.ndim != 4 or x.shape != reference.shape or not x.numel():
        shown = f"{list(x.shape)}, {list(reference.shape)}"
        raise ValueError(f"expected pictures [N, C, H, W] of one shape, found {shown}")
    at_once = max(1, BLOCK // x[0].numel())
    for pair in zip(torch.split(x, at_once), torch.split(reference, at_once), strict=True):
        a, b = (0.5 * (y.double().clamp(-1, 1) + 1) for y in pair)
        yield a, b


def ssim_terms(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Average the SSIM over windows of [N, C, H, W] in [0, 1], and of it contrast and structure.

    Returns:
        Both ``[N, C]``: the SSIM (eq. 13), and its second factor, without luminance.
    """
    mean_a, mean_b, square_a, square_b, both = (smooth(x) for x in (a, b, a * a, b * b, a * b))
    c1, c2 = K1**2, K2**2
    squares = mean_a * mean_a + mean_b * mean_b
    structure = (2 * (both - mean_a * mean_b) + c2) / (square_a + square_b - squares + c2)
    similarity = (2 * mean_a * mean_b + c1) / (squares + c1) * structure
    return similarity.mean(dim=(2, 3)), structure.mean(dim=(2, 3))


def smooth(x: Tensor) -> Tensor:
    """Average [N, C, H, W] over each window that lies within, [N, C, H - 10, W - 10].

    See `ssim_each` for less than 11 pixels.
    """
    size = min(WINDOW, *x.shape[2:])
    size -= 1 - size % 2
    offsets = torch.arange(size, dtype=torch.float64) - size // 2
    weights = (-offsets.square() / (2 * STD**2)).exp()
    # Shifted sums take a fraction of the time of torch's convolutions in float64.
    for dim in (2, 3):
        places = x.shape[dim] - size + 1
        found = torch.zeros_like(x.narrow(dim, 0, places))
        for offset, weight in enumerate((weights / weights.sum()).tolist()):
            found.add_(x.narrow(dim, offset, places), alpha=weight)
        x = found
    return x
