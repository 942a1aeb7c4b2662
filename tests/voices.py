"""A synthetic voice whose pitch is known at every moment."""

import numpy as np
import torch
from torch import Tensor


def voice(hertz: np.ndarray, rate: int) -> Tensor:
    """All harmonics, up to a hundred, of an F0 given for each sample (0 is silence), [samples]."""
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    wave = np.zeros(len(hertz))
    for number in range(1, 101):
        below = number * hertz < rate / 2
        wave += np.where((hertz > 0) & below, np.sin(number * phase) / number, 0.0)
    return torch.from_numpy(0.2 * wave).float()


def glide(start: float, end: float, seconds: float, rate: int) -> np.ndarray:
    """An F0 in Hz that moves by equally many cents a second, for each sample."""
    return np.geomspace(start, end, int(seconds * rate))
