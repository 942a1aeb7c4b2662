"""Samplers: samples against the training data, in the classifier's features."""

import math
from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from pipeline.capabilities import Classifier
from pipeline.codecs import Codec, ImageCodec, SoundCodec
from pipeline.evaluation.ceilings import enough, mixed_alike
from pipeline.evaluation.classifying import (
    NEIGHBOURS,
    add_frechet,
    class_coverage_with_interval,
    features_of,
    measure_manifolds,
    predict,
    standardise_for,
)
from pipeline.evaluation.clips import CLIPS, save_clip, vocode_sample
from pipeline.evaluation.combining import add_combination
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import MOST_REFERENCES, in_batches, spread
from pipeline.evaluation.drawing import SHOWN, drawable
from pipeline.evaluation.drawn import Drawn, by_domain, draw, timed_draw
from pipeline.evaluation.listening import add_naturalness, listen
from pipeline.evaluation.looking import compare_looks
from pipeline.evaluation.memorising import compare_memory
from pipeline.evaluation.obedience import add_class_accuracy, labels_of_domain
from pipeline.evaluation.results import MODEL, Protocol
from pipeline.evaluation.trends import add_trend
from pipeline.evaluation.verdicts import SAMPLING, SAMPLING_GREY
from pipeline.figures import Caption, save_grid
from pipeline.inference.sampling import tells_domains_apart
from pipeline.inference.vocoders import fitting

COLOURS = 3
HEARD = 16
"""Samples of sound that the independent judges hear."""


def evaluate_sampler(context: Context) -> None:
    """Show samples of a fixed seed and, where there is a classifier, measure how real they are."""
    shown = draw(context, context.model, SHOWN * SHOWN, seed=0)
    rows = [drawable(row, context.store.codec) for row in torch.split(shown.x, SHOWN)]
    caption = Caption(f"{len(shown.x)} samples of a fixed seed, none picked by hand")
    context.decide("samples", SAMPLING if shown.x.shape[1] == COLOURS else SAMPLING_GREY)
    save_grid(context.out / "samples.png", rows, caption)
    domains = matching_domains(context, shown.x)
    if isinstance(context.store.codec, SoundCodec):
        save_sounds(context, context.store.codec, shown)
    if not domains:
        context.miss_task("samples", SAMPLING, "the data has none of the domains that it draws")
        return
    if isinstance(context.store.codec, SoundCodec):
        hear_samples(context, context.store.codec, domains)
    compare_samples(context, domains)


def compare_samples(context: Context, domains: tuple[str, ...]) -> None:
    """Compare samples with the reference samples of ``domains``.

    Beside them stand, as many of each, noise, one Gaussian fitted to the reference, the untrained
    model and, as the ceiling, real test data, unless it is the reference.
    """
    share = MOST_REFERENCES // len(domains)
    parts = [context.references(domain, share) for domain in domains]
    real = joined(context, domains, parts)
    ceiling = draw_ceiling(context, domains, [len(part) for part in parts])
    count = len(real.x) if ceiling is None else len(ceiling.x)
    bounded = isinstance(context.store.codec, ImageCodec)
    rows = spread(count, len(real.x))
    owners = [real.domains[row] for row in rows]
    groups = {
        MODEL: timed_draw(context, count),
        "noise": Drawn(draw_noise(real.x[rows], bounded=bounded), owners),
    }
    if len(real.x) > 1:
        groups["gaussian"] = Drawn(draw_gaussian(real.x, count, bounded=bounded), owners)
    groups["untrained"] = draw(context, context.untrained, count)
    if ceiling is not None:
        groups[context.terms.test] = ceiling
    if bounded:
        pictures = {name: drawn.x for name, drawn in groups.items()}
        compare_looks(context, "samples", pictures, real.x, domains)
    features: dict[str, Tensor] = {}
    if context.classifier is None:
        context.miss_classified("samples", ["fd_features"], ", ".join(domains))
    else:
        features = compare_features(context, context.classifier, groups, real, domains)
    compare_memory(context, groups, owners_of(context, domains), features)


def draw_ceiling(
    context: Context, domains: tuple[str, ...], references: Sequence[int]
) -> Drawn | None:
    """Draw real test samples, the domains' shares those of so many ``references`` of each.

    None where the test samples are the reference, or too few.
    """
    if not context.has_ceiling(*domains):
        return None
    parts = [context.samples("test", domain) for domain in domains]
    counts = mixed_alike(references, [len(part) for part in parts])
    if not enough(context, "samples", sum(counts), sum(references)):
        return None
    rows = [spread(count, len(part)) for part, count in zip(parts, counts, strict=True)]
    labels = [
        labels_of_domain(context, domain, len(part))
        for domain, part in zip(domains, parts, strict=True)
    ]
    known = [found[kept] for found, kept in zip(labels, rows, strict=True) if found is not None]
    drawn = joined(context, domains, [x[kept] for x, kept in zip(parts, rows, strict=True)])
    return drawn._replace(labels=torch.cat(known) if len(known) == len(domains) else None)


def compare_features(
    context: Context,
    classifier: Classifier,
    groups: dict[str, Drawn],
    real: Drawn,
    domains: tuple[str, ...],
) -> dict[str, Tensor]:
    """Compare samples with real ones in the classifier's features, and with the classes there are;
    return those features [N, F] of each group.
    """
    codec = context.store.codec
    seen = {name: standardised(classifier, drawn, codec) for name, drawn in groups.items()}
    reference = standardised(classifier, real, codec)
    about: Protocol = {
        "count": len(groups[MODEL].x),
        **context.describe_references(domains, len(reference)),
        **context.by_classifier(),
        **context.scale(*domains),
    }
    true = in_batches(classifier.features, reference)
    features = features_of(classifier, seen)
    add_frechet(context, "samples", features, true, about)
    manifolds = measure_manifolds(features, true)
    if not manifolds:
        for metric in ("precision", "recall", "density", "coverage"):
            context.miss("samples", metric, f"there are not more than {NEIGHBOURS} samples")
    for metric, rows in manifolds.items():
        context.add("samples", metric, rows, neighbours=NEIGHBOURS, **about)
    if manifolds:
        count = len(groups[MODEL].x)
        add_trend(context, classifier, true, count, lambda x: standardised(classifier, x, codec))
    classes = len(classifier.class_names)
    predictions = {name: predict(classifier, x) for name, x in seen.items()}
    coverage = {
        name: class_coverage_with_interval(found, classes) for name, found in predictions.items()
    }
    context.add("samples", "class_coverage", coverage, **about)
    add_class_accuracy(context, classifier, groups, predictions, about)
    add_combination(context, classifier, predictions, domains, about)
    return features


def standardised(classifier: Classifier, drawn: Drawn, codec: Codec) -> Tensor:
    """Bring samples to the scale that ``classifier`` learnt from, each from its own domain's."""
    return by_domain(drawn, lambda x, domain: standardise_for(classifier, x, codec, domain))


def matching_domains(context: Context, samples: Tensor) -> tuple[str, ...]:
    """Find the domains whose samples have the channels of ``samples`` [N, C, H, W].

    A model that translates and samples may have read others too, label maps say.
    """
    specs = context.finished.card.data.specs
    channels = samples.shape[1]
    return tuple(name for name in context.domains if specs[name].channels == channels)


def joined(context: Context, domains: Sequence[str], parts: Sequence[Tensor]) -> Drawn:
    """Join the real samples of several domains.

    Where the model's samples tell nobody whose they are, all count as the first domain's, too.
    """
    known = owners_of(context, domains)
    owners = [known[domain] for domain, part in zip(domains, parts, strict=True) for _ in part]
    return Drawn(torch.cat(list(parts)), owners)


def owners_of(context: Context, domains: Sequence[str]) -> dict[str, str]:
    """Return for each domain the one by whose statistics its real samples count: see `joined`."""
    apart = tells_domains_apart(context.finished)
    return {domain: domain if apart else domains[0] for domain in domains}


def draw_noise(like: Tensor, *, bounded: bool) -> Tensor:
    """Draw independent values of a fixed seed, in the shape of ``like``.

    Even in [-1, 1] where samples are bounded; else standard normal, as standardised samples are.
    """
    generator = Generator().manual_seed(2)
    if bounded:
        return torch.rand(like.shape, generator=generator) * 2 - 1
    return torch.randn(like.shape, generator=generator)


def draw_gaussian(real: Tensor, count: int, *, bounded: bool) -> Tensor:
    """Draw ``count`` samples of one Gaussian, with mean and covariance of ``real`` [N, C, H, W].

    The covariance is never formed: with X the deviations of the real samples from their mean and z
    standard normal, z X / sqrt(N - 1) has it. Values are cut to [-1, 1] where samples are bounded.
    """
    generator = Generator().manual_seed(3)
    mean = real.mean(dim=0, keepdim=True)
    deviations = (real - mean).flatten(1)
    z = torch.randn(count, len(real), generator=generator)
    drawn = mean + (z @ deviations / math.sqrt(len(real) - 1)).view(-1, *real.shape[1:])
    return drawn.clamp(-1, 1) if bounded else drawn


def hear_samples(context: Context, codec: SoundCodec, domains: tuple[str, ...]) -> None:
    """Let the independent judges hear a few samples, beside noise and real test chunks, all through
    the same vocoder.
    """
    vocoder = fitting(context.vocoder, codec.convention)
    share = max(1, HEARD // len(domains))
    parts = [context.samples("test", domain, share) for domain in domains]
    real = joined(context, domains, parts)
    groups = {
        MODEL: draw(context, context.model, HEARD),
        "noise": Drawn(draw_noise(real.x, bounded=False), real.domains),
        "untrained": draw(context, context.untrained, HEARD),
        context.terms.test: real,
    }
    panel, rate = context.networks.judges, codec.convention.rate
    count = min(len(drawn.x) for drawn in groups.values())
    heard = [
        {
            name: listen(panel, vocode_sample(drawn.x[i], codec, drawn.domains[i], vocoder), rate)
            for name, drawn in groups.items()
        }
        for i in range(count)
    ]
    add_naturalness(context, "samples", heard)


def save_sounds(context: Context, codec: SoundCodec, drawn: Drawn) -> None:
    """Write the first `CLIPS` samples as sound, each in the voice of its domain."""
    vocoder = fitting(context.vocoder, codec.convention)
    for number, (sample, domain) in enumerate(zip(drawn.x[:CLIPS], drawn.domains, strict=False)):
        wave = vocode_sample(sample, codec, domain, vocoder)
        title = f"Sample {number + 1}"
        save_clip(context.out / "samples", number, title, {MODEL: wave}, codec.mel_convention)
