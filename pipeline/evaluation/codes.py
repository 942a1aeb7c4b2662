"""Tokenizers: how much of the codebook is in use."""

import torch

from pipeline.capabilities import Tokenizer
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import in_batches
from pipeline.evaluation.results import MODEL
from pipeline.evaluation.verdicts import CODES
from pipeline.nn.quantiser import codebook_statistics


def evaluate_tokenizer(context: Context) -> None:
    """Measure which codes the test samples of all domains get, for they share the codebook.

    Beside half of the codebook and the untrained model.
    """
    model, untrained = context.model, context.untrained
    assert isinstance(model, Tokenizer)
    assert isinstance(untrained, Tokenizer)
    samples = [context.samples("test", domain) for domain in context.domains]
    codes = {
        name: torch.cat([in_batches(tokenizer.encode_codes, x).flatten() for x in samples])
        for name, tokenizer in ((MODEL, model), ("untrained", untrained))
    }
    found = {name: codebook_statistics(c, model.codes) for name, c in codes.items()}
    perplexity = {name: float(values["perplexity"]) for name, values in found.items()}
    context.decide("codes", CODES)
    count = sum(map(len, samples))
    perplexity["half_the_codebook"] = model.codes / 2
    context.add("codes", "perplexity", perplexity, count=count)
    usage = {name: float(values["codebook_usage"]) for name, values in found.items()}
    context.add("codes", "codebook_usage", usage, count=count)
