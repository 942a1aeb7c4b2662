"""Samples of a prepared store, and functions over many of them."""

from collections.abc import Callable, Iterable
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from pipeline.codecs import MelCodec
from pipeline.datasets.source import Array
from pipeline.datasets.store import Store

CHUNK = 64  # frames: as many as any network's strides divide
MOST_REFERENCES = 2000  # training samples that a metric compares with
AT_ONCE = 64  # samples that go through a network in one pass


def read_samples(
    store: Store, split: str, domain: str, *, limit: int | None = None, width: int = CHUNK
) -> Tensor:
    """Read all (or the first ``limit``) samples of a split and domain, [N, C, H, W].

    Of sound the clips' chunks of ``width`` frames, end to end. Raises UserError where the store
    has no such split or domain.
    """
    reader = store.domain(split, domain)
    items: Iterable[Array] = (reader.item(index) for index in range(len(reader)))
    if isinstance(store.codec, MelCodec):
        items = (chunk for frames in items for chunk in split_chunks(frames, width))
    rows = list(islice(items, limit))
    return store.codec.to_sample(torch.from_numpy(np.stack(rows)), domain)


def split_chunks(frames: Array, width: int = CHUNK) -> list[Array]:
    """Cut frames [T, M] into chunks [``width``, M], less what is left at the end.

    Those of a clip shorter than one chunk are repeated.
    """
    whole = max(1, len(frames) // width) * width
    return np.split(np.resize(frames, (whole, frames.shape[1])), whole // width)


def in_batches(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Apply ``function`` to ``x`` [N, ...], `AT_ONCE` rows at a time: memory stays flat."""
    return torch.cat([function(part) for part in torch.split(x, AT_ONCE)])
