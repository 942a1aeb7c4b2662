"""Statistics that a model keeps of the data beside its weights, computed anew at training's end.

Batch norm's running statistics of averaged weights, for the average of statistics is not the
statistic of averaged weights: Brock et al. 2019 (BigGAN), section 3.1, who forward-propagate the
average so many times before they sample ("standing statistics"). And the means of classes, which
trained weights alone should have made.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from pipeline.capabilities import Classifier, OneShot, Reconstructor, Sampler, Translator
from pipeline.nn.class_means import ClassMeans
from pipeline.nn.normalisation import BatchNorm
from pipeline.samples import Batch, Labelled, Paired, Unpaired

BATCHES = 50


@torch.no_grad()
def recompute_statistics(
    model: nn.Module, domains: tuple[str, ...], batches: Iterable[Batch], averaged: bool = True
) -> None:
    """Let a model use batches as its capabilities go, and keep the statistics that it meets.

    ``domains``: of the batches; ``averaged``: its weights are averages. Nothing happens where no
    statistics have to be computed anew.
    """
    kinds = (BatchNorm, ClassMeans) if averaged else (ClassMeans,)
    layers = [layer for layer in model.modules() if isinstance(layer, kinds)]
    if not layers:
        return
    for layer in layers:
        layer.collect()
    for batch in batches:
        use(model, domains, batch)
    for layer in layers:
        layer.finish()


def keeps_means(model: nn.Module) -> bool:
    """Tell whether a model keeps means of classes, which training leaves to be computed anew."""
    return any(isinstance(layer, ClassMeans) for layer in model.modules())


def use(model: nn.Module, domains: tuple[str, ...], batch: Batch) -> None:
    """Translate, remember, sample, reconstruct and classify a batch, as far as a model can."""
    if isinstance(model, Translator) and isinstance(batch, Paired | Unpaired):
        samples: dict[str, Tensor] = dict(zip(domains, batch, strict=True))
        for of, to in model.pairs():
            model.translate(samples[of], to)
    if isinstance(batch, Labelled):
        if isinstance(model, OneShot):
            model.remember(batch.x, batch.y)
        if isinstance(model, Sampler):
            model.sample(len(batch.x), condition=batch.y if model.classes else None)
        if isinstance(model, Reconstructor):
            model.reconstruct(batch.x)
        if isinstance(model, Classifier):
            model.classify(batch.x)
