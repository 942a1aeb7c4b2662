"""Doubling and halving feature maps through StyleGAN2's low-pass filter (Karras et al. 2020).

The filter [1, 3, 3, 1] / 8 along rows and columns stands after zeros are put between samples and
before every other sample is dropped, as in the public code's ``upfirdn2d``; borders are zeros. As
torch's own depthwise convolutions all of it can be differentiated any number of times.
"""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d

FILTER = (1.0, 3.0, 3.0, 1.0)


def blur(x: Tensor, padding: int = 1, stride: int = 1, gain: float = 1.0) -> Tensor:
    """Filter [N, C, H, W]: [N, C, h, w] with h = (H + 2 padding - 4) // stride + 1, w alike."""
    filters = low_pass(x.device, x.dtype, gain).expand(x.shape[1], -1, -1, -1)
    return conv2d(x, filters, stride=stride, padding=padding, groups=x.shape[1])


def halve(x: Tensor) -> Tensor:
    """Filter [N, C, H, W] and keep every other row and column: [N, C, H / 2, W / 2]."""
    return blur(x, stride=2)


def double(x: Tensor) -> Tensor:
    """Enlarge [N, C, H, W] to [N, C, 2H, 2W], of the same mean."""
    filters = low_pass(x.device, x.dtype, 4.0).expand(x.shape[1], -1, -1, -1)
    return conv_transpose2d(x, filters, stride=2, padding=1, groups=x.shape[1])


def doubling_conv(x: Tensor, weight: Tensor) -> Tensor:
    """Double [N, I, H, W] and convolve by a 3x3 ``weight`` [O, I, 3, 3]: [N, O, 2H, 2W].

    The convolution comes first, while zeros between samples make three quarters of it free. Its
    weight is turned by 180 degrees beside that of torch's ``conv2d``, as in the public code.
    """
    y = conv_transpose2d(x, weight.transpose(0, 1), stride=2)
    return blur(y, gain=4.0)


def halving_conv(x: Tensor, weight: Tensor) -> Tensor:
    """Filter [N, I, H, W], convolve by a 3x3 ``weight`` [O, I, 3, 3], halve: [N, O, H/2, W/2]."""
    return conv2d(blur(x, padding=2), weight, stride=2)


@lru_cache(maxsize=64)
def low_pass(device: torch.device, dtype: torch.dtype, gain: float) -> Tensor:
    """Return the filter [1, 1, 4, 4], of sum ``gain``."""
    with torch.inference_mode(False):
        line = torch.tensor(FILTER, device=device) / sum(FILTER)
        return (gain * torch.outer(line, line)[None, None]).to(dtype)
