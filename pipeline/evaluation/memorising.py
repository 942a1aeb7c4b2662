"""Samplers: whether their samples lie nearer to the training samples than test samples do."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from pipeline.capabilities import Classifier
from pipeline.codecs import ImageCodec
from pipeline.evaluation.classifying import standardise_for
from pipeline.evaluation.context import Context, Value
from pipeline.evaluation.data import in_batches, stream_samples
from pipeline.evaluation.drawn import Drawn, by_domain
from pipeline.evaluation.memory import NEARER
from pipeline.evaluation.results import MODEL, Protocol
from pipeline.metrics.bootstrap import pair_interval
from pipeline.metrics.memorisation import Nearest, copies_each, nearer_pairs, nearest_two

MOST_TRAINING = 20_000
"""Training samples among which the nearest are looked for, of all domains."""
SIDE = 32
"""Rows and columns that samples are averaged down to, at most, before they are compared value by
value: a shift by a pixel or a little noise does not hide a copy."""


class Space(NamedTuple):
    """Vectors that distances are taken between."""

    mapping: Callable[[Tensor, str], Tensor]
    """Maps samples [N, C, H, W] of a domain to vectors [N, F]."""
    vectors: Mapping[str, Tensor]
    """Those of each group's samples."""
    protocol: Protocol


def compare_memory(
    context: Context,
    groups: Mapping[str, Drawn],
    owners: Mapping[str, str],
    features: Mapping[str, Tensor],
) -> None:
    """File how near to the training samples the samples of each group lie.

    Args:
        context: of the evaluation.
        groups: the model's, each baseline's and real test samples: without the last nothing can be
            said, and that is filed.
        owners: each domain of the training samples -> the one by whose statistics they count as
            standardised.
        features: of each group's samples [N, F], by the data set's classifier, in which samples
            are compared as well; none where there is no classifier.
    """
    test = context.terms.test
    if test not in groups:
        context.miss("samples", NEARER[-1], "there are no test samples beside the training samples")
        return
    spaces = spaces_of(context, groups, owners, features)
    common = {"count": len(groups[MODEL].x), **describe_training(context, owners)}
    copied: dict[str, Tensor] = {}
    for metric, space in spaces.items():
        nearest = find_nearest(context, space, owners)
        held_out = nearest[test].first
        rows = {name: nearer_pairs(found.first, held_out) for name, found in nearest.items()}
        shares = {
            name: Value(float(pairs.mean()), pair_interval(pairs) if name == MODEL else None)
            for name, pairs in rows.items()
        }
        context.add("samples", metric, shares, **common, **space.protocol)
        if metric == next(iter(spaces)):
            usual = float(held_out.mean()) or 1.0
            distances = {name: found.first / usual for name, found in nearest.items()}
            context.add("samples", "training_distance", distances, **common, **space.protocol)
        for name, found in nearest.items():
            each = copies_each(found)
            copied[name] = torch.maximum(copied[name], each) if name in copied else each
    whole = {key: value for space in spaces.values() for key, value in space.protocol.items()}
    if spaces:
        context.add("samples", "copies", copied, **common, **whole)


def spaces_of(
    context: Context,
    groups: Mapping[str, Drawn],
    owners: Mapping[str, str],
    features: Mapping[str, Tensor],
) -> dict[str, Space]:
    """Return the spaces that samples are compared in, by the metric; file what can't be."""
    test = context.terms.test
    scale = context.scale(*owners)
    spaces: dict[str, Space] = {}
    if context.classifier is not None and features:
        mapping = partial(in_features, context.classifier, context)
        about = {**context.by_classifier(), **scale}
        spaces["nearer_features"] = Space(mapping, features, about)
    sizes = {name: "x".join(map(str, drawn.x.shape[2:])) for name, drawn in groups.items()}
    if sizes[MODEL] == sizes[test]:
        values = {name: by_domain(drawn, in_values) for name, drawn in groups.items()}
        size = "x".join(str(min(SIDE, side)) for side in groups[test].x.shape[2:])
        spaces["nearer_values"] = Space(in_values, values, {"size": size, **scale})
    else:
        other = f"samples are {sizes[MODEL]}, and real ones {sizes[test]}"
        context.miss("samples", "nearer_values", other)
    return spaces


def find_nearest(context: Context, space: Space, owners: Mapping[str, str]) -> dict[str, Nearest]:
    """Find each group's distances to the nearest training samples; those are read once for all."""
    vectors = list(space.vectors.values())
    found = nearest_two(torch.cat(vectors), training(context, space, owners))
    sizes = [len(x) for x in vectors]
    parts = zip(*(torch.split(values, sizes) for values in found), strict=True)
    return {name: Nearest(*part) for name, part in zip(space.vectors, parts, strict=True)}


def training(context: Context, space: Space, owners: Mapping[str, str]) -> Iterator[Tensor]:
    """Read the training samples as vectors [at most a few hundred, F], part by part.

    Pictures that training also saw mirrored come both ways: a mirrored copy is a copy.
    """
    mirrored = getattr(context.finished.params, "flip", False) is True
    share = MOST_TRAINING // len(owners)
    for domain, owner in owners.items():
        width = context.width(domain)
        for x in stream_samples(context.store, "train", domain, most=share, width=width):
            yield space.mapping(x, owner)
            if mirrored and isinstance(context.store.codec, ImageCodec):
                yield space.mapping(x.flip(3), owner)


def in_features(classifier: Classifier, context: Context, x: Tensor, domain: str) -> Tensor:
    """Compute the classifier's features [N, F] of samples [N, C, H, W] of a domain."""
    seen = standardise_for(classifier, x, context.store.codec, domain)
    return in_batches(classifier.features, seen)


def in_values(x: Tensor, domain: str) -> Tensor:
    """Average samples [N, C, H, W] down to `SIDE` rows and columns at most, [N, F]."""
    del domain
    size = (min(SIDE, x.shape[2]), min(SIDE, x.shape[3]))
    return adaptive_avg_pool2d(x, size).flatten(1)


def describe_training(context: Context, domains: Collection[str]) -> Protocol:
    """Describe the training samples among which the nearest are looked for."""
    share = MOST_TRAINING // len(domains)
    counts = [min(share, context.count("train", domain)) for domain in domains]
    return {"reference": f"train, {sum(counts)}"}
