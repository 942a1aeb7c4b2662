"""Samplers: samples against the training data, in the classifier's features."""

import torch
from torch import Generator, Tensor

from pipeline.capabilities import Classifier, Sampler
from pipeline.codecs import ImageCodec, MelCodec
from pipeline.evaluation.classifying import measure_frechet, predict, standardise_for
from pipeline.evaluation.clips import CLIPS, save_clip, vocode_sample
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import AT_ONCE
from pipeline.evaluation.drawing import SHOWN, drawable
from pipeline.evaluation.results import MODEL
from pipeline.figures import Caption, save_grid
from pipeline.inference.vocoders import fitting
from pipeline.metrics.coverage import class_coverage

MOST_SAMPLES = 2000


def evaluate_sampler(context: Context) -> None:
    """Show samples of a fixed seed and, where there is a classifier, measure how real they are."""
    model = context.model
    assert isinstance(model, Sampler)
    shown = model.sample(SHOWN * SHOWN, Generator().manual_seed(0))
    rows = [drawable(row, context.store.codec) for row in torch.split(shown, SHOWN)]
    caption = Caption(f"{len(shown)} samples of a fixed seed, none picked by hand")
    save_grid(context.out / "samples.png", rows, caption)
    if isinstance(context.store.codec, MelCodec):
        save_sounds(context, context.store.codec, shown[:CLIPS])
    if context.classifier is not None:
        compare_samples(context, context.classifier, matching_domains(context, shown))


def compare_samples(context: Context, classifier: Classifier, domains: tuple[str, ...]) -> None:
    """Compare samples with the training data of ``domains``, and with the classes there are.

    Beside them stand noise, the untrained model and, as the ceiling, real test data.
    """
    model, untrained, codec = context.model, context.untrained, context.store.codec
    assert isinstance(model, Sampler)
    assert isinstance(untrained, Sampler)
    real = real_samples(context, "train", domains, MOST_SAMPLES)
    groups = {
        MODEL: draw(model, len(real)),
        "noise": draw_noise(real, bounded=isinstance(codec, ImageCodec)),
        "untrained": draw(untrained, len(real)),
        context.terms.test: real_samples(context, "test", domains),
    }
    # Samples of several domains tell nobody whose they are: all are standardised alike.
    seen = {name: standardise_for(classifier, x, codec, domains[0]) for name, x in groups.items()}
    reference = standardise_for(classifier, real, codec, domains[0])
    context.add("samples", "fd_features", measure_frechet(classifier, seen, reference))
    classes = len(classifier.classes)
    coverage = {name: class_coverage(predict(classifier, x), classes) for name, x in seen.items()}
    context.add("samples", "class_coverage", coverage)


def matching_domains(context: Context, samples: Tensor) -> tuple[str, ...]:
    """Find the domains whose samples have the channels of ``samples`` [N, C, H, W].

    A model that translates and samples may have read others too, label maps say.
    """
    specs = context.finished.card.data.specs
    channels = samples.shape[1]
    return tuple(name for name in context.domains if specs[name].channels == channels)


def real_samples(
    context: Context, split: str, domains: tuple[str, ...], limit: int | None = None
) -> Tensor:
    """Read the samples of several domains, equally many of each where ``limit`` is given."""
    share = limit and limit // len(domains)
    return torch.cat([context.samples(split, domain, share) for domain in domains])


def draw(model: Sampler, count: int) -> Tensor:
    """Draw ``count`` samples [count, C, H, W] of a fixed seed, in batches."""
    generator = Generator().manual_seed(1)
    sizes = [min(AT_ONCE, count - done) for done in range(0, count, AT_ONCE)]
    return torch.cat([model.sample(size, generator) for size in sizes])


def draw_noise(like: Tensor, *, bounded: bool) -> Tensor:
    """Draw independent values of a fixed seed, in the shape of ``like``.

    Even in [-1, 1] where samples are bounded; else standard normal, as standardised samples are.
    """
    generator = Generator().manual_seed(2)
    if bounded:
        return torch.rand(like.shape, generator=generator) * 2 - 1
    return torch.randn(like.shape, generator=generator)


def save_sounds(context: Context, codec: MelCodec, samples: Tensor) -> None:
    """Write samples [N, 1, M, T] as sound, in the voice of the first domain."""
    vocoder = fitting(context.vocoder, codec.convention)
    for number, sample in enumerate(samples):
        wave = vocode_sample(sample, codec, context.domains[0], vocoder)
        save_clip(context.out / "samples", number, "Sample", {MODEL: wave}, codec.convention)
