"""Mel-cepstral distortion: how far the timbre of one utterance is from another's, in dB.

The number depends on the extractor, the order, the energy term and the alignment, so two values
compare only if all four are the same. Here:

- extractor: cosine transform of the natural logarithm of mel *magnitudes* (not power); no
  all-pole or generalised-cepstrum fit as in SPTK or WORLD;
- order: coefficients 1 to 24, or those that fewer than 25 mel bands have;
- energy: coefficient 0, the frame's loudness, is left out;
- alignment: dynamic time warping with steps (1, 1), (1, 0), (0, 1) of equal weight, the cost of a
  cell being the Euclidean distance of the two cepstra; the result is the mean over the path. All
  frames count, silence included: trim it first.

Source: Kubichek, "Mel-cepstral distance measure for objective speech quality assessment", 1993.
"""

import math

import numpy as np
import torch
from torch import Tensor

ORDER = 24
"""The highest coefficient that a distortion takes."""

DECIBELS = 10 / math.log(10) * math.sqrt(2)
"""From the Euclidean distance of two cepstra to dB."""


def mel_cepstrum(log_mel_natural: Tensor, order: int = ORDER) -> Tensor:
    """Compute mel cepstra: the coefficients of each frame's cosine series.

    ``x[n] = c0 + sum over m of c_m cos(pi m (n + 1/2) / M)``, that is
    ``c_m = 2/M * sum over n of x[n] cos(pi m (n + 1/2) / M)``: the orthonormal DCT-II times
    ``sqrt(2 / M)``. This is the scale of SPTK's ``mcep``, where the cepstrum is the Fourier series
    of the log amplitude spectrum, and it is what makes the distortion's formula mean dB: by
    Parseval, ``10 / ln 10 * sqrt(2 * sum of (differences of c_m)^2)`` is the root mean square over
    the mel bands of the difference of the two smoothed log spectra in dB. The bare orthonormal
    transform would make it ``sqrt(M / 2)`` times larger (6.3 times with 80 bands) and dependent on
    the number of bands.

    Args:
        log_mel_natural: ``[M, T]``, natural logarithm of mel magnitudes.
        order: highest coefficient kept, below M.

    Returns:
        ``[T, order]``: coefficients 1 to ``order``, on the input's device.

    Raises:
        ValueError: wrong shape, an order out of range, or a value that is not finite.
    """
    if log_mel_natural.ndim != 2 or log_mel_natural.shape[1] < 1:
        raise ValueError(f"a log-mel is [M, T] with T >= 1, not {list(log_mel_natural.shape)}")
    bands = log_mel_natural.shape[0]
    if not 1 <= order < bands:
        raise ValueError(f"order {order} is not in 1 to {bands - 1} (bands less one)")
    if not torch.isfinite(log_mel_natural).all():
        raise ValueError("the log-mel has values that are not finite")
    x = log_mel_natural.double()
    n = torch.arange(bands, device=x.device, dtype=x.dtype) + 0.5
    m = torch.arange(1, order + 1, device=x.device, dtype=x.dtype)
    basis = torch.cos(torch.pi / bands * n[:, None] * m[None, :])
    return (2 / bands * x.T @ basis).to(torch.float32)


def highest_order(bands: int) -> int:
    """Choose the highest coefficient: 24, or what so few mel bands have."""
    return max(1, min(ORDER, bands - 1))


def mel_cepstral_distortion(a: Tensor, b: Tensor) -> float:
    """Measure the mel-cepstral distortion of two utterances, in dB, as this module defines it.

    Symmetric in its arguments. 0 for equal timbre at every moment, also when one is slower; in
    this definition the two synthetic speakers, saying the same, differ by some 10 dB, and a copy
    through mel and Griffin-Lim differs from its original by some 1.2 dB.

    Args:
        a: ``[M, T]``, natural logarithm of mel magnitudes.
        b: ``[M, T2]``, the same convention.

    Returns:
        Mean over the alignment path of ``10 / ln 10 * sqrt(2 * sum of squared differences)``.

    Raises:
        ValueError: shapes do not fit, or a value is not finite.
    """
    if a.ndim == 2 and b.ndim == 2 and a.shape[0] != b.shape[0]:
        raise ValueError(f"two mel conventions: {a.shape[0]} and {b.shape[0]} bands")
    order = highest_order(a.shape[0])
    return aligned_distortion(mel_cepstrum(a, order), mel_cepstrum(b, order))


def aligned_distortion(a: Tensor, b: Tensor) -> float:
    """Average `cepstral_distortion` over the path that aligns mel cepstra [T, D] and [T2, D]."""
    rows, columns = align(a, b)
    return cepstral_distortion(a[rows], b[columns])


def cepstral_distortion(a: Tensor, b: Tensor) -> float:
    """Average ``10 / ln 10 * sqrt(2 * sum of squared differences)`` over frames, in dB.

    Args:
        a: mel cepstra ``[P, D]``.
        b: ``[P, D]``, frame by frame what ``a`` is compared with.
    """
    return DECIBELS * float((a.double() - b.double()).norm(dim=1).mean())


def align(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Find the frames of two utterances that belong to each other, by their mel cepstra.

    Args:
        a: ``[T, D]``.
        b: ``[T2, D]``.

    Returns:
        Indices ``[P]`` into the frames of ``a`` and of ``b``, along the path of dynamic time
        warping. Whatever else the frames have, pitch say, is compared along the same path.
    """
    cost = _distances(*(x.cpu().double().numpy() for x in (a, b)))
    rows, columns = (torch.from_numpy(indices.copy()) for indices in warping_path(cost))
    return rows, columns


def warping_path(cost: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the path from corner to corner of least total cost, steps (1, 1), (1, 0), (0, 1).

    Args:
        cost: ``[T, T2]``, not negative.

    Returns:
        Row and column indices along the path, each from 0 to the last.
    """
    from librosa.sequence import dtw

    _, path = dtw(C=cost, backtrack=True)
    return path[::-1, 0], path[::-1, 1]


def _distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Compute Euclidean distances ``[T, T2]`` of ``[T, D]`` and ``[T2, D]``."""
    from scipy.spatial.distance import cdist

    distances: np.ndarray = cdist(a, b)
    return distances
