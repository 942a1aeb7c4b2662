"""Mel-cepstral distortion as papers of voice conversion have it: WORLD's envelopes, SPTK's cepstra.

Not to be compared with `pipeline.metrics.distortion`, whose cepstra are of mel spectrograms. Here:

- extractor: F0 by WORLD's DIO and StoneMask, the spectral envelope by CheapTrick (Morise, Yokomori
  and Ozawa 2016; Morise 2015), every 5 ms, each with its defaults, as ``pyworld.wav2world`` calls
  them;
- cepstrum: SPTK's of a power spectrum (``sp2mc``): the inverse Fourier transform of its logarithm,
  its frequency axis warped by an all-pass function (Tokuda, Kobayashi, Masuko and Imai 1994);
- order: coefficients 1 to 24;
- energy: coefficient 0, the frame's loudness, is left out;
- alignment and mean: as there. All frames count, silence included: trim it first.
"""

import torch
from torch import Tensor

from pipeline.codecs.pitch import world_f0
from pipeline.codecs.spectrogram import check_finite
from pipeline.codecs.world_features import Array, all_pass_constant, mel_cepstrum_of_power
from pipeline.metrics.distortion import ORDER, aligned_distortion

PERIOD = 5.0  # milliseconds from frame to frame
LEAST = 0.1  # seconds that CheapTrick's widest window (three periods of 71 Hz) has room in


def world_mel_cepstral_distortion(a: Tensor, b: Tensor, rate: int) -> float:
    """Measure the mel-cepstral distortion of two utterances, in dB, as this module defines it.

    Symmetric in its arguments.

    Args:
        a: ``[N]``, waveform at ``rate``.
        b: ``[N2]``, at the same rate.
        rate: samples a second; 16, 22.05 and 24 kHz have cepstra of their own, so that values at
            two rates don't compare.

    Raises:
        ValueError: see `world_mel_cepstrum`.
    """
    first, second = (world_mel_cepstrum(wave, rate) for wave in (a, b))
    return aligned_distortion(first, second)


def world_mel_cepstrum(wave: Tensor, rate: int) -> Tensor:
    """Compute the mel cepstra of a waveform [N] every 5 ms: coefficients 1 to 24, [T, 24] float32.

    Raises ValueError for another shape, less than a tenth of a second, or samples that are not
    finite.
    """
    import pyworld

    if wave.ndim != 1 or len(wave) < LEAST * rate:
        raise ValueError(f"a wave is [N] of {LEAST:g} s or more, not {list(wave.shape)} at {rate}")
    check_finite(wave)
    samples = wave.detach().cpu().double().numpy()
    f0, times = world_f0(samples, rate, PERIOD, speed=1)
    envelope: Array = pyworld.cheaptrick(samples, f0, times, rate)
    cepstrum = mel_cepstrum_of_power(envelope, ORDER, all_pass_constant(rate))
    return torch.from_numpy(cepstrum[:, 1:]).float()
