"""Clusters that nobody named, and how far they agree with classes."""

import torch
from torch import Tensor

RESTARTS = 10


def kmeans_labels(x: Tensor, clusters: int, seed: int = 0) -> Tensor:
    """Divide features [N, F] by k-means (Lloyd 1982; starts of Arthur & Vassilvitskii 2007).

    The best of `RESTARTS` by squared distances. Returns the cluster of each, [N] int64. Raises
    ValueError where there are more clusters than features.
    """
    from sklearn.cluster import KMeans

    if not 1 <= clusters <= len(x):
        raise ValueError(f"expected 1 to {len(x)} clusters, found {clusters}")
    found = KMeans(clusters, n_init=RESTARTS, random_state=seed % 2**32).fit(x.cpu().numpy())
    return torch.from_numpy(found.labels_).long()


def mutual_information(a: Tensor, b: Tensor) -> float:
    """Compute I(A; B) = sum p(a, b) log p(a, b) / (p(a) p(b)) of labels [N] int64, in nats.

    Of equal labels it is their entropy. Raises ValueError where counts differ or are 0.
    """
    if len(a) != len(b) or not len(a):
        raise ValueError(f"expected two labels of each item, found {len(a)} and {len(b)}")
    first, second = numbered(a), numbered(b)
    size = int(first.max()) + 1, int(second.max()) + 1
    counts = torch.bincount(first * size[1] + second, minlength=size[0] * size[1])
    joint = counts.double().reshape(size) / len(a)
    apart = joint.sum(dim=1, keepdim=True) * joint.sum(dim=0, keepdim=True)
    return float(torch.where(joint > 0, joint * (joint / apart).log(), 0).sum())


def numbered(labels: Tensor) -> Tensor:
    """Renumber labels [N] int64 from 0 on, in their order."""
    names = {label: number for number, label in enumerate(sorted(set(labels.tolist())))}
    return torch.tensor([names[label] for label in labels.tolist()])


def normalised_mutual_information(a: Tensor, b: Tensor) -> float:
    """Compute I(A; B) / ((H(A) + H(B)) / 2) of labels [N] int64: 0 independent, 1 the same up to
    names (Strehl & Ghosh 2002, with the arithmetic mean).

    Labels that never change agree with each other alone.
    """
    entropies = mutual_information(a, a) + mutual_information(b, b)
    return 2 * mutual_information(a, b) / entropies if entropies > 0 else 1.0
