"""Sound as every judge takes it: one channel at 16,000 samples a second."""

import torch
from torch import Tensor

RATE = 16_000
"""Samples a second, at which all the judges were trained."""


def resampled(wave: Tensor, rate: int) -> Tensor:
    """Resample a waveform [samples] to `RATE`: float32 [samples'], on the processor.

    Raises ValueError where it is no [samples] of floats, is empty, or has a sample that is not
    finite.
    """
    import soxr

    if wave.ndim != 1 or not wave.is_floating_point() or not len(wave):
        raise ValueError(f"a wave is [samples] of floats, not {wave.dtype} {list(wave.shape)}")
    wave = wave.detach().float().cpu()
    if not torch.isfinite(wave).all():
        raise ValueError("the wave has samples that are not finite")
    if rate == RATE:
        return wave
    return torch.from_numpy(soxr.resample(wave.numpy(), rate, RATE))
