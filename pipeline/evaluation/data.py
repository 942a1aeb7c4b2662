"""Samples of a prepared store, and functions over many of them."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Generator, Tensor

from pipeline.codecs import SoundCodec
from pipeline.datasets.source import Array
from pipeline.datasets.store import Store

CHUNK = 64  # frames: as many as any network's strides divide
MOST_REFERENCES = 2000  # training samples that a metric compares with
AT_ONCE = 64  # samples that go through a network in one pass
STREAMED = 256  # samples that are read at once of a data set of any size

Place = tuple[int, int, int]
"""An item, the number of a chunk in it, and how many chunks it has."""


def read_samples(
    store: Store,
    split: str,
    domain: str,
    *,
    limit: int | None = None,
    width: int = CHUNK,
    evenly: bool = False,
) -> Tensor:
    """Read all (or at most ``limit``) samples of a split and domain, [N, C, H, W].

    See `read_rows`. Raises UserError where the store has no such split or domain.
    """
    rows = read_rows(store, split, domain, limit=limit, width=width, evenly=evenly)
    return store.codec.to_sample(rows, domain)


def read_rows(
    store: Store,
    split: str,
    domain: str,
    *,
    limit: int | None = None,
    width: int = CHUNK,
    evenly: bool = False,
) -> Tensor:
    """Read all (or at most ``limit``) items of a split and domain as they are stored, [N, ...].

    Of sound the clips' chunks of ``width`` frames, end to end. A limit keeps the first, or with
    ``evenly`` those of `spread`, for what is to stand for all of them. Raises UserError where the
    store has no such split or domain.
    """
    places = places_of(store, split, domain, width)
    kept: Sequence[int] = range(len(places))[:limit]
    if evenly and len(kept) < len(places):
        kept = spread(len(kept), len(places))
    return _read(store, split, domain, [places[index] for index in kept], width)


def stream_samples(
    store: Store, split: str, domain: str, *, most: int, width: int = CHUNK
) -> Iterator[Tensor]:
    """Read samples of a split and domain in parts [at most `STREAMED`, C, H, W]: memory stays flat.

    All, or where there are more than ``most`` those of `spread`. Raises UserError where the store
    has no such split or domain.
    """
    places = places_of(store, split, domain, width)
    kept = spread(most, len(places))
    for start in range(0, len(kept), STREAMED):
        part = [places[index] for index in kept[start : start + STREAMED]]
        yield store.codec.to_sample(_read(store, split, domain, part, width), domain)


def read_labels(store: Store, split: str, domain: str, *, width: int = CHUNK) -> Tensor:
    """Read the classes [N] int64 of all samples that `read_samples` reads of a split and domain.

    Raises UserError where the store has no such split or domain.
    """
    labels = store.domain(split, domain).labels
    places = places_of(store, split, domain, width)
    return torch.tensor([int(labels[item]) for item, *_ in places], dtype=torch.int64)


def places_of(store: Store, split: str, domain: str, width: int) -> list[Place]:
    """List the items of a split and domain; of sound the clips' chunks of ``width`` frames."""
    reader = store.domain(split, domain)
    if not isinstance(store.codec, SoundCodec):
        return [(item, 0, 1) for item in range(len(reader))]
    assert reader.lengths is not None
    counts = [max(1, int(length) // width) for length in reader.lengths]
    return [(item, part, count) for item, count in enumerate(counts) for part in range(count)]


def _read(store: Store, split: str, domain: str, places: Sequence[Place], width: int) -> Tensor:
    """Read the rows of some of `places_of`, as they are stored, [N, ...]."""
    reader = store.domain(split, domain)
    rows: list[Array] = []
    for item, part, count in places:
        if not isinstance(store.codec, SoundCodec):
            rows.append(reader.item(item))
        elif count == 1:
            rows += split_chunks(reader.item(item), width)
        else:
            rows.append(reader.chunk(item, part * width, width))
    return torch.from_numpy(np.stack(rows))


def spread(count: int, total: int) -> Sequence[int]:
    """Choose ``count`` of ``total`` rows that stand for all, in order: one of each of ``count``
    runs of neighbours, by a generator of a fixed seed. All where there are no more.

    Rows are often sorted, by domain, by class or by name: the first would be of one kind. So would
    every tenth of rows that take ten classes in turns, hence the generator.
    """
    if count >= total:
        return range(total)
    bounds = [index * total // count for index in range(count + 1)]
    places = torch.rand(count, generator=Generator().manual_seed(0)).tolist()
    return [
        start + int(place * (end - start))
        for start, end, place in zip(bounds[:-1], bounds[1:], places, strict=True)
    ]


def split_chunks(frames: Array, width: int = CHUNK) -> list[Array]:
    """Cut frames [T, M] into chunks [``width``, M], less what is left at the end.

    Those of a clip shorter than one chunk are repeated.
    """
    whole = max(1, len(frames) // width) * width
    return np.split(np.resize(frames, (whole, frames.shape[1])), whole // width)


def in_batches(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Apply ``function`` to ``x`` [N, ...], `AT_ONCE` rows at a time: memory stays flat."""
    return torch.cat([function(part) for part in torch.split(x, AT_ONCE)])
