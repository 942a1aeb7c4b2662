"""Spectral envelopes as few numbers, and back: mel-cepstra, or log amplitudes evenly in mels.

Mel-cepstra are SPTK's of a power spectrum (``sp2mc``): the inverse Fourier transform of its
logarithm, its frequency axis warped by an all-pass function (Tokuda, Kobayashi, Masuko and Imai
1994).
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CANDIDATES, POINTS = 1000, 1000


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


def log_amplitude_of_mel_cepstrum(cepstrum: Array, bins: int, alpha: float) -> Array:
    """Compute log |X| [T, bins] of mel cepstra [T, D], at frequencies from 0 to half the rate.

    Inverts `mel_cepstrum_of_power` but for what its order cuts off: SPTK's ``mc2sp``.
    """
    amplitudes: Array = cepstrum @ cosines(cepstrum.shape[1], bins, alpha)
    return amplitudes


@lru_cache(maxsize=4)
def cosines(count: int, bins: int, alpha: float) -> Array:
    """Return cos(m w') [count, bins] at the warped frequencies w' of w from 0 to pi, evenly."""
    warped = warped_frequency(np.linspace(0, np.pi, bins), alpha)
    values: Array = np.cos(np.arange(count)[:, None] * warped)
    return values


def warped_frequency(omega: Array, alpha: Array | float) -> Array:
    """Compute the phase of the all-pass function at angular frequencies from 0 to pi."""
    warped: Array = omega + 2 * np.arctan2(alpha * np.sin(omega), 1 - alpha * np.cos(omega))
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
    warped = warped_frequency(np.pi * share, np.arange(CANDIDATES)[:, None] / CANDIDATES)
    distances = np.square(mel / mel[-1] - warped / warped[:, -1:]).mean(axis=1)
    return float(distances.argmin()) / CANDIDATES


def bands_of_log_amplitude(amplitudes: Array, bands: int, rate: int) -> Array:
    """Read log |X| [T, K] at ``bands`` frequencies, evenly in Fant's mels from 0 to half the rate.

    [T, bands]; between two frequencies of a spectrum by linear interpolation.
    """
    read: Array = amplitudes @ interpolation(
        frequencies(amplitudes.shape[1], rate), band_frequencies(bands, rate)
    )
    return read


def log_amplitude_of_bands(values: Array, bins: int, rate: int) -> Array:
    """Compute log |X| [T, bins] of `bands_of_log_amplitude` [T, B], linear in mels between them."""
    places = mels(band_frequencies(values.shape[1], rate))
    read: Array = values @ interpolation(places, mels(frequencies(bins, rate)))
    return read


def frequencies(bins: int, rate: int) -> Array:
    """Return ``bins`` frequencies from 0 to half the rate, evenly, Hz."""
    return np.linspace(0, rate / 2, bins)


def band_frequencies(bands: int, rate: int) -> Array:
    """Return ``bands`` frequencies from 0 to half the rate, evenly in mels, Hz."""
    highest = float(mels(np.array([rate / 2]))[0])
    spaced: Array = 1000 * (np.exp2(np.linspace(0, highest, bands) / 1000) - 1)
    return spaced.clip(0, rate / 2)


def mels(hertz: Array) -> Array:
    """Convert Hz to mels, 1000 log2(1 + f / 1000) (Fant)."""
    converted: Array = 1000 * np.log2(1 + hertz / 1000)
    return converted


def interpolation(known: Array, wanted: Array) -> Array:
    """Return the matrix [known, wanted] of linear interpolation between rising places."""
    return np.stack([np.interp(wanted, known, unit) for unit in np.eye(len(known))])
