"""Structural similarity."""

from torch import Tensor


def ssim(x: Tensor, reference: Tensor) -> float:
    """Average the SSIM of pictures [N, C, H, W] in [-1, 1]; 1 for equal ones.

    Wang et al. 2004 with their Gaussian window of 11 and std 1.5, over all channels.
    """
    from kornia.metrics import ssim as similarity

    # Variances are small differences of large numbers: float32 would cost the fourth digit.
    a, b = (0.5 * (y.double().clamp(-1, 1) + 1) for y in (x, reference))
    return float(similarity(a, b, window_size=11, max_val=1.0).mean())
