"""Inception score: classes are predicted surely, and all of them are.

Salimans et al., "Improved techniques for training GANs", 2016, section 4. It never looks at real
samples, so that one good sample a class has the best score there is: see `docs/metrics.md`.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

SUM_TO_ONE = 1e-3  # allowed of the sum of a sample's probabilities, for those of half precision


class InceptionScore(NamedTuple):
    """The mean over splits, and the standard deviation over them."""

    value: float
    std: float


def inception_score(logits: Tensor, splits: int = 10, seed: int | None = 2020) -> InceptionScore:
    """Measure exp(E KL(p(y|x) | p(y))) of a classifier's logits [N, K]: 1 to K, higher is better.

    p(y) is the mean of p(y|x) over a split. Few samples a split score lower: published values have
    5,000 in each of ten.

    Args:
        logits: torch-fidelity leaves out the last layer's bias (``logits_unbiased``), as the
            paper's code does.
        splits: parts of equal size, but for rounding, that are scored each by itself.
        seed: of the order in which samples are dealt to splits, numpy's RandomState as in
            torch-fidelity; None: as they come.

    Raises:
        ValueError: wrong shape, more splits than samples, or a value that is not finite.
    """
    _check(logits, splits)
    return _score(logits.double().softmax(dim=1), splits, seed)


def inception_score_of_probabilities(
    probabilities: Tensor, splits: int = 10, seed: int | None = 2020
) -> InceptionScore:
    """Measure `inception_score` by p(y|x) [N, K] itself; raise ValueError where it is none."""
    _check(probabilities, splits)
    p = probabilities.double()
    if p.min() < 0 or ((p.sum(dim=1) - 1).abs() > SUM_TO_ONE).any():
        raise ValueError("expected probabilities: not below 0, adding up to 1 for each sample")
    return _score(p, splits, seed)


def _check(values: Tensor, splits: int) -> None:
    if values.ndim != 2 or not 1 <= splits <= len(values):
        shown = f"{list(values.shape)} in {splits} splits"
        raise ValueError(f"expected [N, K] of a sample or more a split, found {shown}")
    if not torch.isfinite(values).all():
        raise ValueError("the predictions have values that are not finite")


def _score(p: Tensor, splits: int, seed: int | None) -> InceptionScore:
    count = len(p)
    if seed is not None:
        p = p[torch.from_numpy(np.random.RandomState(seed).permutation(count))]
    edges = [split * count // splits for split in range(splits + 1)]
    scores = []
    for start, end in pairwise(edges):
        part = p[start:end]
        # The mean divergence is what the mean's entropy has above the mean entropy: so written,
        # probabilities of 0 do no harm.
        scores.append(float((_entropy(part.mean(dim=0)) - _entropy(part).mean()).exp()))
    return InceptionScore(float(np.mean(scores)), float(np.std(scores)))


def _entropy(p: Tensor) -> Tensor:
    entropy: Tensor = torch.special.entr(p).sum(dim=-1)
    return entropy
