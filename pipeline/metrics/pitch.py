"""Distances of two utterances' pitch.

All take two F0 tracks in Hz, 0 where unvoiced, of equal length: frames that belong to each other,
as `pipeline.metrics.distortion.align` pairs them. Errors are in cents, 1,200 to an octave: a
difference of 1 in the natural logarithm of F0, the unit of other papers, is 1,731 cents.
"""

import torch
from torch import Tensor

from pipeline.codecs.pitch import CENTS


def log_f0_rmse(f0: Tensor, truth: Tensor) -> float | None:
    """Measure the root mean square difference of log F0 over pairs [P] voiced in both, in cents.

    None where there is no such pair. Raises ValueError as `voicing_error` does.
    """
    a, b = _voiced_logarithms(f0, truth)
    return CENTS * float((a - b).square().mean().sqrt()) if len(a) else None


def log_f0_correlation(f0: Tensor, truth: Tensor) -> float | None:
    """Measure Pearson's correlation of log F0 over the pairs [P] voiced in both, -1 to 1.

    It tells whether melodies rise and fall together, at whatever height. None where fewer than two
    pairs are voiced or one of the tracks never moves. Raises ValueError as `voicing_error` does.
    """
    a, b = _voiced_logarithms(f0, truth)
    if len(a) < 2 or a.min() == a.max() or b.min() == b.max():
        return None
    return float(torch.corrcoef(torch.stack([a, b]))[0, 1])


def voicing_error(f0: Tensor, truth: Tensor) -> float:
    """Measure the share of the pairs [P] of which one is voiced and the other is not.

    Raises ValueError where the tracks are not two [P] of one length, P at least 1, or hold what is
    no frequency.
    """
    _check(f0, truth)
    return float(((f0 > 0) != (truth > 0)).double().mean())


def _voiced_logarithms(f0: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Take natural logarithms, float64, where both tracks are voiced."""
    _check(f0, truth)
    voiced = (f0 > 0) & (truth > 0)
    return f0[voiced].double().log(), truth[voiced].double().log()


def _check(f0: Tensor, truth: Tensor) -> None:
    """Raise ValueError where two tracks are not of one length or hold what is no frequency."""
    if f0.ndim != 1 or f0.shape != truth.shape or not len(f0):
        raise ValueError(f"expected two tracks [P], found {list(f0.shape)}, {list(truth.shape)}")
    for track in (f0, truth):
        if not (torch.isfinite(track) & (track >= 0)).all():
            raise ValueError("a track has values that are not finite or below 0")
