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

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.codecs.pitch import world_f0
from pipeline.codecs.spectrogram import check_finite
from pipeline.metrics.distortion import ORDER, aligned_distortion

Array = npt.NDArray[np.float64]

PERIOD = 5.0  # milliseconds from frame to frame
LEAST = 0.1  # seconds that CheapTrick's widest window (three periods of 71 Hz) has room in
CANDIDATES, POINTS = 1000, 1000


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


def mel_cepstrum_of_power(power: Array, order: int, alpha: float) -> Array:
    """Compute mel cepstra of power spectra: SPTK's ``sp2mc``.

    Args:
        power: ``[T, K]``, |X|^2 above 0 at K frequencies from 0 to half the rate, evenly.
        order: highest coefficient.
        alpha: all-pass constant of the warping, see `all_pass_constant`.

    Returns:
        ``[T, order + 1]``: c with log |X(w)| = sum over m of c_m cos(m w'), w' the warped
        frequency, but for what ``order`` cuts off.
    """
    cepstrum = np.fft.irfft(np.log(power), axis=1)[:, : power.shape[1]]
    # An even series: what both halves have in common counts once, at either end half.
    cepstrum[:, [0, -1]] /= 2
    warped: Array = cepstrum @ warping(power.shape[1], order, alpha)
    return warped


@lru_cache(maxsize=4)
def warping(size: int, order: int, alpha: float) -> Array:
    """Return the matrix [size, order + 1] by which a cepstrum's frequency axis is warped.

    z^-n is a power series in z'^-1 = (z^-1 - a) / (1 - a z^-1) (Oppenheim and Johnson 1972), so
    row n has the first coefficients of ((z'^-1 + a) / (1 + a z'^-1))^n: each row is the one before
    times the series of the fraction.
    """
    powers = np.arange(order)
    series = np.concatenate([[alpha], (1 - alpha**2) * (-alpha) ** powers])
    step = np.zeros((order + 1, order + 1))
    for row in range(order + 1):
        step[row, row:] = series[: order + 1 - row]
    rows = np.zeros((size, order + 1))
    rows[0, 0] = 1
    for n in range(1, size):
        rows[n] = rows[n - 1] @ step
    return rows


@lru_cache(maxsize=4)
def all_pass_constant(rate: int) -> float:
    """Choose the all-pass constant whose warping is nearest to the mel scale at a sample rate.

    Of 0, 0.001, ... the one of least root mean square distance at 1,000 frequencies, both axes
    brought to 1 at the last, mel(f) = 1000 log2(1 + f / 1000) (Fant): pysptk's ``mcepalpha``. 0.410
    at 16 kHz, 0.455 at 22.05, 0.466 at 24, 0.544 at 44.1 and 0.554 at 48. Papers have rounded
    values too (0.42 at 16 kHz).
    """
    share = np.arange(POINTS) / POINTS
    mel = np.log2(1 + share * rate / 2000)
    alpha = np.arange(CANDIDATES)[:, None] / CANDIDATES
    omega = np.pi * share
    warped = omega + 2 * np.arctan2(alpha * np.sin(omega), 1 - alpha * np.cos(omega))
    distances = np.square(mel / mel[-1] - warped / warped[:, -1:]).mean(axis=1)
    return float(distances.argmin()) / CANDIDATES
