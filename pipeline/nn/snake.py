"""Periodic activations without aliases: Snake between a doubling of the rate and its halving.

BigVGAN (Lee et al. 2023, section 3.2) after Ziyin et al. 2020 (Snake) and Karras et al. 2021
(resampling around a nonlinearity, whose harmonics would fold back else).
"""

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, conv_transpose1d, pad

TAPS = 12
CUTOFF = 0.25  # of the doubled rate: half of its band
HALF_WIDTH = 0.3  # of the filter's transition
EPS = 1e-9


class Snake(nn.Module):
    """x + sin(alpha x)^2 / beta for each channel; beta is alpha where it is not learnt apart."""

    def __init__(self, channels: int, separate: bool, logarithmic: bool) -> None:
        """Begin with 1 for both.

        Args:
            channels: C.
            separate: learn beta beside alpha (SnakeBeta).
            logarithmic: learn their logarithms.
        """
        super().__init__()
        self.logarithmic = logarithmic
        first = torch.zeros(channels) if logarithmic else torch.ones(channels)
        self.alpha = nn.Parameter(first)
        self.beta = nn.Parameter(first.clone()) if separate else None

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, T] to [N, C, T]."""
        alpha = self.alpha[:, None]
        beta = alpha if self.beta is None else self.beta[:, None]
        if self.logarithmic:
            alpha, beta = alpha.exp(), beta.exp()
        return x + (x * alpha).sin().square() / (beta + EPS)


class AntiAliasedSnake(nn.Module):
    """See the module. Its parameters are called as in the published checkpoints."""

    def __init__(self, channels: int, separate: bool, logarithmic: bool) -> None:
        super().__init__()
        self.act = Snake(channels, separate, logarithmic)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, T] to [N, C, T]."""
        return halved(self.act(doubled(x)))


def doubled(x: Tensor) -> Tensor:
    """Interpolate [N, C, T] to [N, C, 2 T]; ends are repeated beyond."""
    beyond = TAPS // 2 - 1
    channels, cut = x.shape[1], 3 * beyond
    filters = low_pass(x.device).to(x.dtype).expand(channels, 1, -1)
    padded = pad(x, (beyond, beyond), mode="replicate")
    return 2 * conv_transpose1d(padded, filters, stride=2, groups=channels)[..., cut:-cut]


def halved(x: Tensor) -> Tensor:
    """Decimate [N, C, 2 T] to [N, C, T] without what would fold back; ends are repeated beyond."""
    channels = x.shape[1]
    filters = low_pass(x.device).to(x.dtype).expand(channels, 1, -1)
    padded = pad(x, (TAPS // 2 - 1, TAPS // 2), mode="replicate")
    return conv1d(padded, filters, stride=2, groups=channels)


@lru_cache(maxsize=8)
def low_pass(device: torch.device) -> Tensor:
    """Return the filter [TAPS]: a sinc under Kaiser's window, of sum 1.

    The window's beta follows from the attenuation that its length gives the transition (Kaiser
    1974), as in scipy.signal.kaiser_beta: 51 dB here.
    """
    with torch.inference_mode(False):
        attenuation = 2.285 * (TAPS // 2 - 1) * torch.pi * 4 * HALF_WIDTH + 7.95
        window = torch.kaiser_window(
            TAPS, periodic=False, beta=0.1102 * (attenuation - 8.7), device=device
        )
        time = torch.arange(TAPS, device=device) - (TAPS - 1) / 2
        taps = window * torch.sinc(2 * CUTOFF * time)
        return taps / taps.sum()
