"""Scorers: how likely the model finds real test data."""

import math

from torch import Tensor

from pipeline.capabilities import Scorer
from pipeline.codecs import ImageCodec
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import in_batches
from pipeline.evaluation.results import MODEL, Protocol
from pipeline.evaluation.verdicts import LIKELIHOOD
from pipeline.losses.reconstruction import gaussian_nll


def evaluate_scorer(context: Context) -> None:
    """Measure the log-likelihood of each domain's test samples, beside one Gaussian's.

    In nats a sample, and for pictures in bits a value too: sound has no levels to count.
    """
    model = context.model
    assert isinstance(model, Scorer)
    for domain in context.domains:
        task = context.task("likelihood", domain)
        context.decide(task, LIKELIHOOD)
        x, learnt = context.samples("test", domain), context.references(domain)
        nats = {MODEL: in_batches(model.score, x)}
        if len(learnt) > 1:
            nats[context.terms.mean] = gaussian_likelihood(x, learnt)
        about: Protocol = {"count": len(x), **context.describe_learnt(domain)}
        context.add(task, "elbo", nats, **about, **context.scale(domain))
        if isinstance(context.store.codec, ImageCodec):
            bits = to_bits(nats, values=x[0].numel())
            context.add(task, "bits_per_dim", bits, **about, levels=256)


def gaussian_likelihood(x: Tensor, train: Tensor) -> Tensor:
    """Measure the log-likelihoods [N] of ``x`` [N, C, H, W] under one Gaussian, in nats.

    About the mean of ``train`` [M, C, H, W], with one variance for all values.
    """
    mean = train.mean(dim=0, keepdim=True)
    log_variance = (train - mean).square().mean().log()
    return -gaussian_nll(x, mean.expand_as(x), log_variance)


def to_bits(nats: dict[str, Tensor], values: int) -> dict[str, Tensor]:
    """Convert log-likelihoods of samples of so many values into bits a value.

    Pictures have 256 levels over a range of 2: a density a unit is 127.5 times one a level.
    """
    return {name: math.log2(127.5) - n / values / math.log(2) for name, n in nats.items()}
