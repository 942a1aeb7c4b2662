"""Scorers: how likely the model finds real test data."""

import math

from torch import Tensor

from pipeline.capabilities import Scorer
from pipeline.codecs import ImageCodec
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import in_batches
from pipeline.evaluation.results import MODEL, Rows
from pipeline.losses.reconstruction import gaussian_nll


def evaluate_scorer(context: Context) -> None:
    """Measure the log-likelihood of each domain's test samples, beside one Gaussian's.

    In nats a sample, and for pictures in bits a value too: sound has no levels to count.
    """
    model = context.model
    assert isinstance(model, Scorer)
    for domain in context.domains:
        task = context.task("likelihood", domain)
        x = context.samples("test", domain)
        nats = {
            MODEL: float(in_batches(model.score, x).mean()),
            context.terms.mean: gaussian_likelihood(x, context.samples("train", domain)),
        }
        context.add(task, "elbo", nats)
        if isinstance(context.store.codec, ImageCodec):
            context.add(task, "bits_per_dim", to_bits(nats, values=x[0].numel()))


def gaussian_likelihood(x: Tensor, train: Tensor) -> float:
    """Measure the mean log-likelihood of ``x`` [N, C, H, W] under one Gaussian, in nats.

    About the mean of ``train`` [M, C, H, W], with one variance for all values.
    """
    mean = train.mean(dim=0, keepdim=True)
    log_variance = (train - mean).square().mean().log()
    return -float(gaussian_nll(x, mean.expand_as(x), log_variance).mean())


def to_bits(nats: Rows, values: int) -> Rows:
    """Convert log-likelihoods of samples of so many values into bits a value.

    Pictures have 256 levels over a range of 2: a density a unit is 127.5 times one a level.
    """
    return {name: math.log2(127.5) - n / values / math.log(2) for name, n in nats.items()}
