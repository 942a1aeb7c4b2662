"""How much fine detail pictures have."""

import torch
from torch import Tensor

FINE = 0.25  # cycles a pixel: half of the finest that pixels can show


def high_frequency_energy(x: Tensor) -> float:
    """Mean energy of samples [N, C, H, W] above a quarter cycle a pixel, in either direction.

    Of the Fourier transform of each channel, a value: noise of variance 1 has about 0.8.
    """
    height, width = x.shape[-2:]
    spectrum = torch.fft.fft2(x.float(), norm="ortho").abs().square()
    rows, columns = torch.fft.fftfreq(height).abs(), torch.fft.fftfreq(width).abs()
    fine = (torch.maximum(rows[:, None], columns[None]) > FINE).to(x.device)
    return float((spectrum * fine).mean())
