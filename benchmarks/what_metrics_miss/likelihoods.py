"""Log-likelihoods of test digits by Parzen windows around several kinds of samples."""

import torch
from torch import Tensor
from torch.distributions import LowRankMultivariateNormal
from torch.nn.functional import avg_pool2d

from benchmarks.what_metrics_miss.digits import Digits, Rows
from pipeline.metrics.parzen import choose_width, parzen_log_likelihood

WIDTHS = tuple(0.04 * 1.1**step for step in range(25))
RANK = 20  # directions that the Gaussian model has a variance of its own for
MANY = 20_000


def measure_likelihoods(digits: Digits) -> Rows:
    """Measure the mean log-likelihood of test digits in nats.

    Digits of 8 x 8, as they were before they were enlarged, in [0, 1]: 64 numbers. Every other
    test digit chooses the width, the rest is measured, and so are the training digits. As many
    samples of each kind as there are training digits but for the last; the Gaussian's own
    likelihoods are exact.
    """
    train, test = small(digits.train), small(digits.test)
    validation, test = test[::2], test[1::2]
    model = gaussian(train)
    torch.manual_seed(0)
    kinds = {
        "training digits": train,
        "means of 4 training digits": means_of_neighbours(train, 4),
        "samples of a Gaussian": model.sample((len(train),)),
        f"{MANY:,} samples of it": model.sample((MANY,)),
    }
    found = {}
    for name, samples in kinds.items():
        width = choose_width(validation, samples, WIDTHS)
        found[name] = {
            "nats": parzen_log_likelihood(test, samples, width),
            "nats_of_training": parzen_log_likelihood(train, samples, width),
            "width": width,
        }
    found["the Gaussian itself"] = {
        "nats": float(model.log_prob(test).mean()),
        "nats_of_training": float(model.log_prob(train).mean()),
    }
    return found


def small(x: Tensor) -> Tensor:
    """Average pictures [N, 1, 32, 32] in [-1, 1] over 4 x 4: [N, 64] float64 in [0, 1]."""
    means = avg_pool2d(x.double(), 4)
    return (means.flatten(1) + 1) / 2


def gaussian(train: Tensor) -> LowRankMultivariateNormal:
    """Fit a Gaussian by probabilistic PCA (Tipping and Bishop 1999, eq. 7 and 8)."""
    values, vectors = torch.linalg.eigh(torch.cov(train.T))
    noise = values[:-RANK].mean()
    factors = vectors[:, -RANK:] * (values[-RANK:] - noise).sqrt()
    return LowRankMultivariateNormal(train.mean(dim=0), factors, noise.expand(len(values)))


def means_of_neighbours(train: Tensor, count: int) -> Tensor:
    """Average each digit with its nearest others."""
    nearest = torch.cdist(train, train).topk(count, largest=False).indices
    return train[nearest].mean(dim=1)
