"""Samplers: samples against the training data, in the classifier's features."""

from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from pipeline.capabilities import Classifier, Sampler
from pipeline.codecs import Codec, ImageCodec, MelCodec
from pipeline.evaluation.classifying import measure_frechet, predict, standardise_for
from pipeline.evaluation.clips import CLIPS, save_clip, vocode_sample
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import AT_ONCE
from pipeline.evaluation.drawing import SHOWN, drawable
from pipeline.evaluation.results import MODEL
from pipeline.figures import Caption, save_grid
from pipeline.inference.sampling import domain_of, tells_domains_apart
from pipeline.inference.vocoders import fitting
from pipeline.metrics.coverage import class_coverage
from pipeline.models.sampling import sample_labelled

MOST_SAMPLES = 2000


class Drawn(NamedTuple):
    """Samples, and the domain by whose statistics each is standardised."""

    x: Tensor  # [N, C, H, W]
    domains: list[str]


def evaluate_sampler(context: Context) -> None:
    """Show samples of a fixed seed and, where there is a classifier, measure how real they are."""
    shown = draw(context, context.model, SHOWN * SHOWN, seed=0)
    rows = [drawable(row, context.store.codec) for row in torch.split(shown.x, SHOWN)]
    caption = Caption(f"{len(shown.x)} samples of a fixed seed, none picked by hand")
    save_grid(context.out / "samples.png", rows, caption)
    if isinstance(context.store.codec, MelCodec):
        save_sounds(context, context.store.codec, shown)
    if context.classifier is not None:
        compare_samples(context, context.classifier, matching_domains(context, shown.x))


def compare_samples(context: Context, classifier: Classifier, domains: tuple[str, ...]) -> None:
    """Compare samples with the training data of ``domains``, and with the classes there are.

    Beside them stand noise, the untrained model and, as the ceiling, real test data.
    """
    codec = context.store.codec
    real = real_samples(context, "train", domains, MOST_SAMPLES)
    noise = draw_noise(real.x, bounded=isinstance(codec, ImageCodec))
    groups = {
        MODEL: draw(context, context.model, len(real.x)),
        "noise": Drawn(noise, real.domains),
        "untrained": draw(context, context.untrained, len(real.x)),
        context.terms.test: real_samples(context, "test", domains),
    }
    seen = {name: standardised(classifier, drawn, codec) for name, drawn in groups.items()}
    reference = standardised(classifier, real, codec)
    context.add("samples", "fd_features", measure_frechet(classifier, seen, reference))
    classes = len(classifier.classes)
    coverage = {name: class_coverage(predict(classifier, x), classes) for name, x in seen.items()}
    context.add("samples", "class_coverage", coverage)


def standardised(classifier: Classifier, drawn: Drawn, codec: Codec) -> Tensor:
    """Bring samples to the scale that ``classifier`` learnt from, each from its own domain's."""
    x = drawn.x.clone()
    for domain in dict.fromkeys(drawn.domains):
        rows = torch.tensor([name == domain for name in drawn.domains])
        x[rows] = standardise_for(classifier, drawn.x[rows], codec, domain)
    return x


def matching_domains(context: Context, samples: Tensor) -> tuple[str, ...]:
    """Find the domains whose samples have the channels of ``samples`` [N, C, H, W].

    A model that translates and samples may have read others too, label maps say.
    """
    specs = context.finished.card.data.specs
    channels = samples.shape[1]
    return tuple(name for name in context.domains if specs[name].channels == channels)


def real_samples(
    context: Context, split: str, domains: tuple[str, ...], limit: int | None = None
) -> Drawn:
    """Read the samples of several domains, equally many of each where ``limit`` is given.

    Where the model's samples tell nobody whose they are, all count as the first domain's, too.
    """
    share = limit and limit // len(domains)
    apart = tells_domains_apart(context.finished)
    parts = [context.samples(split, domain, share) for domain in domains]
    owners = [
        domain if apart else domains[0]
        for domain, part in zip(domains, parts, strict=True)
        for _ in part
    ]
    return Drawn(torch.cat(parts), owners)


def draw(context: Context, model: nn.Module, count: int, seed: int = 1) -> Drawn:
    """Draw ``count`` samples of a fixed seed, in batches."""
    assert isinstance(model, Sampler)
    generator = Generator().manual_seed(seed)
    parts, owners = [], []
    for done in range(0, count, AT_ONCE):
        x, labels = sample_labelled(model, min(AT_ONCE, count - done), generator)
        parts.append(x)
        numbers = [None] * len(x) if labels is None else labels.tolist()
        owners += [domain_of(context.finished, number) for number in numbers]
    return Drawn(torch.cat(parts), owners)


def draw_noise(like: Tensor, *, bounded: bool) -> Tensor:
    """Draw independent values of a fixed seed, in the shape of ``like``.

    Even in [-1, 1] where samples are bounded; else standard normal, as standardised samples are.
    """
    generator = Generator().manual_seed(2)
    if bounded:
        return torch.rand(like.shape, generator=generator) * 2 - 1
    return torch.randn(like.shape, generator=generator)


def save_sounds(context: Context, codec: MelCodec, drawn: Drawn) -> None:
    """Write the first `CLIPS` samples as sound, each in the voice of its domain."""
    vocoder = fitting(context.vocoder, codec.convention)
    for number, (sample, domain) in enumerate(zip(drawn.x[:CLIPS], drawn.domains, strict=False)):
        wave = vocode_sample(sample, codec, domain, vocoder)
        save_clip(context.out / "samples", number, "Sample", {MODEL: wave}, codec.convention)
