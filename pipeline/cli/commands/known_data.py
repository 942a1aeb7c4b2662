"""Samples of a prepared data set as a finished model reads them, with what is known of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from pipeline.codecs import SoundCodec, holds
from pipeline.conventions import differences
from pipeline.datasets.factors import Category
from pipeline.datasets.store import Store
from pipeline.errors import UserError, some
from pipeline.evaluation.data import CHUNK, places_of, read_rows, spread
from pipeline.inference.finished import FinishedModel

LIMIT = 2000
"""Samples that are read of a split, by default."""


@dataclass(frozen=True)
class KnownSamples:
    """Samples of a split, in order of their domains."""

    x: Tensor
    """[N, C, H, W], on the processor."""
    y: Tensor
    """Classes [N] int64; zeros where none are asked for."""
    keys: list[str]


def open_store(finished: FinishedModel, data: Path, domains: Sequence[str]) -> list[str]:
    """Return the domains of a prepared data set to read: ``domains``, or the model's own.

    Raises UserError where there are none, or the model reads samples of another kind or size.
    """
    store = Store(data)
    there = store.meta.domains["train"]
    names = list(domains) or [name for name in finished.card.data.specs if name in there]
    if unknown := [name for name in names if name not in there]:
        raise UserError(f"--domain {unknown[0]}: {data} has {some(sorted(there))}")
    if not names:
        raise UserError(
            f"{data} has none of the domains of '{finished.name}' "
            f"({some(finished.card.data.specs)}): name one by --domain ({some(sorted(there))})"
        )
    expected = next(iter(finished.card.data.specs.values()))
    for name in names:
        found = store.codec.spec(name)
        same = found.same_kind(expected) and found.height == expected.height
        if holds(store.codec) != holds(finished.codec) or not same:
            raise UserError(
                f"'{finished.name}' reads {holds(finished.codec)} of {expected.channels} "
                f"channel(s) and {expected.height} rows, but {data} has {holds(store.codec)} of "
                f"{found.channels} and {found.height} in '{name}'"
            )
    own, other = finished.codec, store.codec
    if not isinstance(own, SoundCodec) or not isinstance(other, SoundCodec):
        return names
    if apart := differences(other.convention, own.convention):
        raise UserError(f"{data} has frames of another convention than the model's: {apart}")
    return names


def class_names(data: Path, domains: Sequence[str], factor: str | None) -> list[str]:
    """Name the classes to tell apart: the values of a factor, the data set's classes, or its
    domains.

    Raises UserError, with the factors that there are, where there are none.
    """
    store = Store(data)
    categories = {k: f for k, f in store.meta.factors.items() if isinstance(f, Category)}
    if factor is not None:
        if factor not in categories:
            raise UserError(
                f"--factor {factor}: {data} has these factors that name classes: "
                f"{some(categories, 20)}"
            )
        return list(categories[factor].names)
    if store.meta.classes:
        return list(store.meta.classes)
    if len(domains) > 1:
        return list(domains)
    raise UserError(f"{data} has no classes: name a factor by --factor ({some(categories, 20)})")


def read_known(
    finished: FinishedModel,
    data: Path,
    split: str,
    domains: Sequence[str],
    *,
    factor: str | None = None,
    classes: bool = True,
    limit: int = LIMIT,
) -> KnownSamples:
    """Read at most ``limit`` samples of a split, evenly of all its domains.

    Sound is cut into chunks as long as the model's. ``classes`` False: none are read. Raises
    UserError where there is no such split.
    """
    store, codec = Store(data), finished.codec
    spec = next(iter(finished.card.data.specs.values()))
    width = spec.width or CHUNK
    each = max(1, limit // len(domains))
    x: list[Tensor] = []
    y: list[int] = []
    keys: list[str] = []
    for number, name in enumerate(domains):
        rows = read_rows(store, split, name, limit=each, width=width, evenly=True)
        known = name if name in codec.domains else next(iter(finished.card.data.specs))
        x.append(codec.to_sample(rows, known))
        places = places_of(store, split, name, width)
        items = [places[at][0] for at in spread(each, len(places))]
        reader = store.domain(split, name)
        if not classes:
            values: Sequence[int] = [0] * len(items)
        elif factor is not None:
            values = [int(reader.factors[factor][item]) for item in items]
        elif store.meta.classes:
            values = [int(reader.labels[item]) for item in items]
        else:
            values = [number] * len(items)
        y += values
        keys += [f"{name}/{reader.keys[item]}" for item in items]
    return KnownSamples(torch.cat(x), torch.tensor(y), keys)
