"""Features and classes of samples, by the data set's classifier."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.codecs import Codec, SoundCodec
from pipeline.evaluation.context import Context, Value
from pipeline.evaluation.data import in_batches
from pipeline.evaluation.results import MODEL, Protocol
from pipeline.metrics.coverage import class_coverage
from pipeline.metrics.frechet import frechet_distance
from pipeline.metrics.precision_recall import density_coverage_each, precision_recall_each

NEIGHBOURS = 5
LEAST = 2  # samples on either side of a Frechet distance
DRAWS = 1000  # of predictions
RESAMPLES = 40  # of a distance whose every evaluation takes an eigendecomposition

Features = Mapping[str, Tensor]
"""Those of the model's samples, each baseline's and the ceiling's, [N, F]."""


def features_of(classifier: Classifier, samples: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Compute the features [N, F] of each group of samples [N, C, H, W], which have to be
    `standardise_for` the classifier.
    """
    return {name: in_batches(classifier.features, x) for name, x in samples.items()}


def add_frechet(
    context: Context, task: str, features: Features, reference: Tensor, about: Protocol
) -> None:
    """File the Frechet distances of features to the reference's [M, F], the model's with an
    interval; where there are too few samples, that.
    """
    if min(len(reference), *map(len, features.values())) < LEAST:
        context.miss(task, "fd_features", f"there are fewer than {LEAST} samples")
        return
    context.add(task, "fd_features", frechet_distances(features, reference), **about)


def frechet_distances(features: Features, reference: Tensor) -> dict[str, float | Value | Tensor]:
    """Measure the Frechet distances of features to a reference [M, F], the model's with an
    interval.
    """
    return {
        name: frechet_with_interval(found, reference)
        if name == MODEL
        else frechet_distance(found, reference)
        for name, found in features.items()
    }


def frechet_with_interval(features: Tensor, reference: Tensor) -> Value:
    """Measure the Frechet distance of features [N, F] to a reference [M, F], and bound it with
    95 %.

    By 1.96 standard deviations over bootstrap resamples, about the distance itself: resamples
    repeat items, which makes them all a little more distant, so that their percentiles would not
    hold it. The reference stays as it is.
    """
    generator = torch.Generator().manual_seed(0)
    count = len(features)
    distances = [
        frechet_distance(features[torch.randint(count, (count,), generator=generator)], reference)
        for _ in range(RESAMPLES)
    ]
    value, margin = frechet_distance(features, reference), 1.96 * float(np.std(distances, ddof=1))
    return Value(value, (max(0.0, value - margin), value + margin))


def measure_manifolds(features: Features, reference: Tensor) -> dict[str, dict[str, Tensor]]:
    """Measure precision, recall, density and coverage of features beside the reference's [M, F].

    Metric -> whose samples -> the value of each sample [N], or of each reference [M], whose means
    they are. None of them for `NEIGHBOURS` samples or fewer.
    """
    found: dict[str, dict[str, Tensor]] = {}
    for name, x in features.items():
        if min(len(x), len(reference)) <= NEIGHBOURS:
            continue
        precision, recall = precision_recall_each(x, reference, NEIGHBOURS)
        density, coverage = density_coverage_each(x, reference, NEIGHBOURS)
        measured = {
            "precision": precision,
            "recall": recall,
            "density": density,
            "coverage": coverage,
        }
        for metric, values in measured.items():
            found.setdefault(metric, {})[name] = values
    return {metric: rows for metric, rows in found.items() if MODEL in rows}


def class_coverage_with_interval(predictions: Tensor, classes: int) -> Value:
    """Measure the share of classes that samples reach, by their predictions [N], and bound it with
    95 % by bootstrap.
    """
    generator = torch.Generator().manual_seed(0)
    count = len(predictions)
    found = [
        class_coverage(predictions[torch.randint(count, (count,), generator=generator)], classes)
        for _ in range(DRAWS)
    ]
    low, high = np.quantile(found, (0.025, 0.975))
    return Value(class_coverage(predictions, classes), (float(low), float(high)))


def predict(classifier: Classifier, x: Tensor) -> Tensor:
    """Predict the classes [N] int64 of samples [N, C, H, W]."""
    return in_batches(classifier.classify, x).argmax(dim=1)


def standardise_for(classifier: Classifier, x: Tensor, codec: Codec, domain: str) -> Tensor:
    """Bring samples [N, C, H, W] of ``domain`` to the scale that ``classifier`` learnt from.

    A classifier of speakers is given all of them by the statistics of its first class:
    standardised each by their own they would lose what tells them apart. Pictures have
    one scale only.
    """
    standard = classifier.class_names[0]
    if not isinstance(codec, SoundCodec) or standard not in codec.statistics or standard == domain:
        return x
    return codec.to_sample(codec.features_of(x, domain), standard)
