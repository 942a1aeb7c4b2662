"""Features beside each other: what a linear classifier reads out, and what clusters show."""

from collections.abc import Mapping
from typing import NamedTuple

from torch import Tensor

from pipeline.metrics.clustering import kmeans_labels, normalised_mutual_information
from pipeline.metrics.probe import probe_accuracy


class Features(NamedTuple):
    """Features of training and of test samples."""

    train: Tensor
    """[N, F]."""
    test: Tensor
    """[M, F]."""


class Probed(NamedTuple):
    """Numbers that say what features tell of classes."""

    accuracy: float
    """Of a linear probe on test samples, 0 to 1."""
    nmi: float
    """Normalised mutual information of classes and k-means' clusters of the test samples, of as
    many as there are classes."""


def probe_all(
    features: Mapping[str, Features], labels: Tensor, test_labels: Tensor, seed: int = 0
) -> dict[str, Probed]:
    """Probe and cluster each of several features of the same samples, of classes [N] and [M].

    A number means something beside those of pixels and of a network with random weights (Radford
    et al. 2016, section 5.1). Raises ValueError where a count does not fit, or the test has fewer
    samples than classes.
    """
    clusters = len(set(test_labels.tolist()))
    return {
        name: Probed(
            probe_accuracy(both.train, labels, both.test, test_labels),
            normalised_mutual_information(kmeans_labels(both.test, clusters, seed), test_labels),
        )
        for name, both in features.items()
    }
