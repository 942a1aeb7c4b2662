"""The few items of a training set whose labels a semi-supervised run reads."""

import numpy as np

from pipeline.datasets.source import Array
from pipeline.training.domain_reader import shuffled

ORDER = 1 << 20  # of the shuffling that chooses them: beyond that of any domain


def choose_labelled(labels: Array, count: int, seed: int) -> Array:
    """Choose the indices of ``count`` items of classes [N], as many of each class as may be.

    By the seed: the first of each class in a shuffled order, a class after the other, until there
    are enough. Raises ValueError where there are fewer items.
    """
    if count > len(labels):
        raise ValueError(f"labelled: found {count}, allowed: {len(labels)} or fewer, the items")
    order = shuffled(seed, ORDER, 0, len(labels))
    rank = np.empty(len(labels), dtype=np.int64)  # of each item among those of its class
    for name in np.unique(labels):
        members = order[labels[order] == name]
        rank[members] = np.arange(len(members))
    first = order[np.argsort(rank[order], kind="stable")][:count]
    return np.sort(first)
