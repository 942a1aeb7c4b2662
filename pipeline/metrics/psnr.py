"""Peak signal-to-noise ratio."""

from torch import Tensor


def psnr_each(x: Tensor, reference: Tensor) -> Tensor:
    """Compute 10 log10(4 / mean squared error) of each picture of [N, C, H, W] in [-1, 1], dB, [N].

    An exact copy counts as 100 dB, so that the mean stays a number.
    """
    errors = (x - reference).square().flatten(1).mean(dim=1).clamp(min=4e-10)
    return 10 * (4 / errors).log10()


def psnr(x: Tensor, reference: Tensor) -> float:
    """Average `psnr_each` over pictures [N, C, H, W] in [-1, 1], in dB."""
    return float(psnr_each(x, reference).mean())
