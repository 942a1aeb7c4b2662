"""Energy of fine detail in samples."""

import torch
from torch import Tensor

FINE = 0.25  # cycles a pixel: half of the finest that samples can show


def high_frequency_energy(x: Tensor) -> float:
    """Measure the energy of samples [N, C, H, W] above a quarter cycle a pixel, either way.

    The mean over all values of the Fourier transform of each channel: noise of variance 1 has
    about 0.8.
    """
    height, width = x.shape[-2:]
    spectrum = torch.fft.fft2(x.float(), norm="ortho").abs().square()
    rows, columns = torch.fft.fftfreq(height).abs(), torch.fft.fftfreq(width).abs()
    fine = (torch.maximum(rows[:, None], columns[None]) > FINE).to(x.device)
    return float((spectrum * fine).mean())
