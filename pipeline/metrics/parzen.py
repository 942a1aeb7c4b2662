"""Parzen windows: the likelihood of test samples under a Gaussian around each generated one.

Breuleux, Bengio and Vincent, "Quickly generating representative samples from an RBM-derived
process", 2011, section 6; Goodfellow et al. 2014, section 5. In many dimensions it says little:
Theis et al., "A note on the evaluation of generative models", 2016, section 3.2, and
`docs/metrics.md`.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.metrics.feature_sets import check_features, squared_distances


def parzen_each(x: Tensor, samples: Tensor, widths: Sequence[float]) -> Tensor:
    """Compute the log-likelihood of each of [N, D] for each of W widths, in nats, [W, N] float64.

    log mean over samples s of N(x; s, width^2 I), block by block: memory is that of the two sets
    and of some blocks.

    Args:
        x: ``[N, D]``, whose likelihood is asked for.
        samples: ``[M, D]``, the centres.
        widths: standard deviations of the window, above 0.

    Raises:
        ValueError: sets that `check_features` refuses, no width, or one that is not above 0.
    """
    check_features(x, samples)
    if not widths or not all(math.isfinite(width) and width > 0 for width in widths):
        raise ValueError(f"expected widths above 0, found {list(widths)}")
    found = torch.full((len(widths), len(x)), -torch.inf, dtype=torch.float64, device=x.device)
    for rows, _, squares in squared_distances(x, samples):
        for row, width in enumerate(widths):
            sums = (squares / (-2 * width**2)).logsumexp(dim=1)
            found[row, rows] = torch.logaddexp(found[row, rows], sums)
    norms = [
        math.log(len(samples)) + x.shape[1] / 2 * math.log(2 * math.pi * width**2)
        for width in widths
    ]
    return found - torch.tensor(norms, dtype=found.dtype, device=x.device)[:, None]


def parzen_log_likelihood(x: Tensor, samples: Tensor, width: float) -> float:
    """Average `parzen_each` over [N, D] for one width, in nats."""
    return float(parzen_each(x, samples, [width]).mean())


def choose_width(validation: Tensor, samples: Tensor, candidates: Sequence[float]) -> float:
    """Return the candidate under which samples [M, D] make a validation set [N, D] likeliest.

    The set is neither the one that the samples were learnt from nor the one that is measured.
    """
    means = parzen_each(validation, samples, candidates).mean(dim=1)
    return candidates[int(means.argmax())]
