"""Sets of samples that some metric likes and should not, and metrics of few samples."""

import torch
from torch import Tensor

from benchmarks.what_metrics_miss.digits import Digits, Rows
from pipeline.metrics.feature_sets import squared_distances
from pipeline.metrics.frechet import frechet_distance
from pipeline.metrics.inception_score import inception_score
from pipeline.metrics.kernel import cubic_mmd
from pipeline.metrics.precision_recall import density_coverage, precision_recall

SIZES = (20, 45, 90, 180, 360)
DRAWS = 20  # of each size


def measure_cheats(digits: Digits) -> Rows:
    """Measure sets of as many samples as there are test digits by every metric."""
    count, generator = len(digits.test), torch.Generator().manual_seed(0)
    copies = torch.randperm(len(digits.train), generator=generator)[:count]
    half = digits.test[digits.test_labels < 5]
    again = torch.randint(len(half), (count,), generator=generator)
    sets = {
        "test digits": digits.test,
        "one picture a class": surest(digits).repeat(count // 10, 1, 1, 1),
        "digits 0 to 4 alone": half[again],
        "training digits again": digits.train[copies],
    }
    usual = median_distance(digits.test, digits.train)
    return {
        name: measure(digits, x) | {"to_nearest": median_distance(x, digits.train) / usual}
        for name, x in sets.items()
    }


def measure(digits: Digits, x: Tensor) -> dict[str, float]:
    """Measure samples [N, 1, 32, 32] against the training digits."""
    features, reference = digits.features(x), digits.reference
    quality, density = precision_recall(features, reference), density_coverage(features, reference)
    return {
        "inception_score": inception_score(digits.logits(x), splits=1, seed=None).value,
        "frechet": frechet_distance(features, reference),
        "kernel": cubic_mmd(features, reference),
        **quality._asdict(),
        **density._asdict(),
    }


def surest(digits: Digits) -> Tensor:
    """Choose the training digit of each class that the classifier is surest of."""
    sure = digits.logits(digits.train).double().log_softmax(dim=1)
    return digits.train[sure.argmax(dim=0)]


def median_distance(x: Tensor, reference: Tensor) -> float:
    """Find the median distance, in pixels, of [N, ...] to the nearest of [M, ...]."""
    nearest = torch.full((len(x),), torch.inf, dtype=torch.float64)
    for rows, _, squares in squared_distances(x.flatten(1), reference.flatten(1)):
        nearest[rows] = torch.minimum(nearest[rows], squares.min(dim=1).values)
    return float(nearest.sqrt().median())


def measure_few_samples(digits: Digits) -> Rows:
    """Measure draws of few test digits: means of both distances, and the kernel distance's std."""
    features, reference = digits.features(digits.test), digits.reference
    generator = torch.Generator().manual_seed(0)
    found = {}
    for size in SIZES:
        draws = [
            features[torch.randperm(len(features), generator=generator)[:size]]
            for _ in range(DRAWS)
        ]
        frechet = torch.tensor([frechet_distance(x, reference) for x in draws])
        kernel = torch.tensor([cubic_mmd(x, reference) for x in draws])
        found[str(size)] = {
            "frechet": float(frechet.mean()),
            "frechet_std": float(frechet.std()),
            "kernel": float(kernel.mean()),
            "kernel_std": float(kernel.std()),
        }
    return found
