"""Batch norm's running statistics, computed anew for averaged weights.

The average of statistics is not the statistic of averaged weights: Brock et al. 2019 (BigGAN),
section 3.1, who forward-propagate the average so many times before they sample ("standing
statistics").
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from pipeline.capabilities import Classifier, Reconstructor, Sampler, Translator
from pipeline.nn.normalisation import BatchNorm
from pipeline.samples import Batch, Labelled, Paired, Unpaired

BATCHES = 50


@torch.no_grad()
def recompute_statistics(
    model: nn.Module, domains: tuple[str, ...], batches: Iterable[Batch]
) -> None:
    """Let a model use batches as its capabilities go, and keep the statistics that it meets.

    ``domains``: of the batches. Nothing happens where no batch norm is.
    """
    norms = [layer for layer in model.modules() if isinstance(layer, BatchNorm)]
    if not norms:
        return
    for norm in norms:
        norm.collect()
    for batch in batches:
        use(model, domains, batch)
    for norm in norms:
        norm.finish()


def use(model: nn.Module, domains: tuple[str, ...], batch: Batch) -> None:
    """Translate, sample, reconstruct and classify a batch, as far as a model can."""
    if isinstance(model, Translator) and isinstance(batch, Paired | Unpaired):
        samples: dict[str, Tensor] = dict(zip(domains, batch, strict=True))
        for of, to in model.pairs():
            model.translate(samples[of], to)
    if isinstance(batch, Labelled):
        if isinstance(model, Sampler):
            model.sample(len(batch.x), condition=batch.y if model.classes else None)
        if isinstance(model, Reconstructor):
            model.reconstruct(batch.x)
        if isinstance(model, Classifier):
            model.classify(batch.x)
