"""Denoising: a reconstructor that sees noise, beside filters that learn nothing."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn.functional import pad

from pipeline.latent.spaces import AT_ONCE
from pipeline.metrics.psnr import psnr_each

Reconstruct = Callable[[Tensor], Tensor]


def add_noise(x: Tensor, std: float, seed: int = 0) -> Tensor:
    """Add normal noise to samples [N, C, H, W]; equal seeds add equal noise. Values may leave
    their range, as in `methods.corruption`."""
    noise = torch.randn(x.shape, generator=Generator().manual_seed(seed))
    return x + std * noise.to(x)


def median_filter(x: Tensor, size: int = 3) -> Tensor:
    """Replace each value of [N, C, H, W] by the median of ``size`` x ``size`` around it.

    Edges are mirrored. Raises ValueError for an even size, or one that the samples don't hold.
    """
    margin = size // 2
    if size % 2 == 0 or margin >= min(x.shape[-2:]):
        raise ValueError(f"expected an odd size below twice that of samples, found {size}")
    wide = pad(x, (margin,) * 4, mode="reflect")
    return wide.unfold(2, size, 1).unfold(3, size, 1).flatten(4).median(dim=4).values


@torch.no_grad()
def denoising_psnr(
    reconstruct: Reconstruct, x: Tensor, std: float, seed: int = 0
) -> dict[str, Tensor]:
    """Compare with the clean pictures ``x`` [N, C, H, W] in [-1, 1] what denoising makes of them.

    Returns the PSNR [N], in dB, of ``noisy`` (about 10 log10(4 / std^2)); of it within [-1, 1]
    (``clamped``); of median filters (``median_3``, ``median_5``); of what ``reconstruct`` makes of
    it (``model``); and of what it makes of the clean pictures (``model_of_clean``), the most that
    its bottleneck lets through. All but the first are clamped.
    """
    noisy = add_noise(x, std, seed)

    def rebuilt(of: Tensor) -> Tensor:
        return torch.cat([reconstruct(some) for some in torch.split(of, AT_ONCE)])

    found = {
        "clamped": noisy,
        "median_3": median_filter(noisy),
        "median_5": median_filter(noisy, 5),
    }
    found |= {"model": rebuilt(noisy), "model_of_clean": rebuilt(x)}
    clamped = {name: psnr_each(y.clamp(-1, 1), x) for name, y in found.items()}
    return {"noisy": psnr_each(noisy, x), **clamped}
