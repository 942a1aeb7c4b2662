"""Modulation spectra: how fast the timbre of speech moves, and how much.

What is over-smoothed, as averages are, has less of the fast modulation than speech has, though
its distortion be small.

Source: Takamichi, Toda, Black, Neubig, Sakti and Nakamura, "Postfilters to modify the modulation
spectrum for statistical parametric speech synthesis", 2016, equations 5 to 8; as a distance, in
Kaneko et al., "CycleGAN-VC2", 2019.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

FLOOR = 1e-10
"""Least power: what never moves has -100 dB."""


def modulation_spectrum(cepstrum: Tensor, points: int) -> Tensor:
    """Compute the log power spectrum of each cepstral coefficient's course over time.

    The mean over time is taken off, for it says nothing of movement and would leak into all
    frequencies; the power is that of a frame, so that a longer utterance has no more of it.

    Args:
        cepstrum: ``[T, D]``.
        points: length of the Fourier transform, at least T; what lacks is filled with zeros.

    Returns:
        ``[D, points / 2]``, dB, float64: frequencies 1 to ``points / 2`` of ``points`` a frame.

    Raises:
        ValueError: wrong shape, too few points, or a value that is not finite.
    """
    if cepstrum.ndim != 2 or not 1 <= len(cepstrum) <= points:
        raise ValueError(f"cepstra are [T, D] of 1 to {points} frames, not {list(cepstrum.shape)}")
    if not torch.isfinite(cepstrum).all():
        raise ValueError("the cepstra have values that are not finite")
    course = cepstrum.double().T
    course = course - course.mean(dim=1, keepdim=True)
    power = torch.fft.rfft(course, n=points).abs().square() / len(cepstrum)
    decibels: Tensor = 10 * power[:, 1:].clamp(min=FLOOR).log10()
    return decibels


def modulation_distance(a: Sequence[Tensor], b: Sequence[Tensor]) -> float:
    """Measure the distance of two sets of utterances by their modulation spectra, in dB.

    Spectra are averaged over the utterances of a set, so that the sets need not say the same; of
    their difference, the root mean square over modulation frequencies; of that, the mean over
    coefficients.

    Args:
        a: mel cepstra ``[T, D]``, one utterance each.
        b: the same with equal D and equal hop.

    Raises:
        ValueError: a set is empty, or `modulation_spectrum` refuses an utterance.
    """
    if not (a and b):
        raise ValueError("a modulation distance needs an utterance on each side")
    points = 2 ** math.ceil(math.log2(max(2, *(len(utterance) for utterance in [*a, *b]))))
    first, second = (
        torch.stack([modulation_spectrum(utterance, points) for utterance in side]).mean(dim=0)
        for side in (a, b)
    )
    return float((first - second).square().mean(dim=1).sqrt().mean())
