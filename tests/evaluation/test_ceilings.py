"""Real samples beside as many of the model's."""

import evaluating
import numpy as np
import pytest
import torch
from evaluating import Constant, StandInClassifier
from torch import Generator, Tensor, nn

from pipeline.capabilities import Sampler
from pipeline.evaluation import Networks
from pipeline.evaluation.ceilings import FEW, equal_counts, mixed_alike
from pipeline.evaluation.context import Context
from pipeline.evaluation.data import spread
from pipeline.evaluation.sampling import compare_samples
from pipeline.evaluation.translation import compare_to_references


class Means:
    """Sees the mean of each quarter."""

    name, checksum, package, resizing = "means", "0", "none 1", "none"

    def features(self, x: Tensor) -> Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)


@pytest.mark.parametrize(
    ("references", "tests", "expected"),
    [
        ([1437], [360], [360]),
        ([100], [400], [100]),
        ([1000, 1000], [120, 140], [120, 120]),
        ([200, 100], [60, 60], [60, 30]),
        ([100, 900], [1, 500], [1, 9]),
        ([2, 1000], [1000, 1], [1, 1]),
    ],
)
def test_a_ceiling_has_the_references_shares_of_domains(references, tests, expected):
    assert mixed_alike(references, tests) == expected


def of_mean(mean: float, count: int, seed: int) -> Tensor:
    generator = Generator().manual_seed(seed)
    return (mean + 0.1 * torch.randn(count, 3, 16, 16, generator=generator)).clamp(-1, 1)


class OneDomain(nn.Module, Sampler):
    """Draws days alone."""

    classes = 0

    def sample(self, n: int, generator: Generator | None = None, condition=None) -> Tensor:
        return of_mean(0.2, n, 9)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], Tensor]:
    """Days are bright, nights dark; evaluation reads these."""
    found = {
        ("train", "day"): of_mean(0.2, 300, 1),
        ("train", "night"): of_mean(-0.2, 300, 2),
        ("test", "day"): of_mean(0.2, 100, 3),
        ("test", "night"): of_mean(-0.2, 60, 4),
    }
    monkeypatch.setattr(
        Context, "samples", lambda self, split, domain, *_, **__: found[split, domain]
    )
    return found


def test_all_samples_of_a_row_are_as_many_and_real_ones_of_two_domains_near_0(
    picture_store, tmp_path, read
):
    classifier = StandInClassifier()
    base = evaluating.context(OneDomain(), picture_store, tmp_path, "day", "night")
    networks = Networks(classifier=classifier, pictures=Means(), inception=None)
    context = Context(base.finished, picture_store, tmp_path, networks)
    compare_samples(context, ("day", "night"))
    found = context.results.tasks["samples"]
    looks = found["kd_imagenet"]
    assert looks.protocol["count"] == found["recall"].protocol["count"] == 120
    assert abs(looks.values["test_pictures"]) < 4 < 100 < looks.values["model"]
    seen = torch.cat(classifier.seen)
    training = sum(len(picture_store.domain("train", name)) for name in ("day", "night"))
    # For features, again for classes, and the nearest training samples.
    assert len(seen) == 600 + 2 * 5 * 120 + training
    ceiling = seen[:-training][-120:]
    assert torch.equal(ceiling[:60], read["test", "day"][spread(60, 100)])
    assert torch.equal(ceiling[60:], read["test", "night"])


def test_few_test_samples_are_no_ceiling(picture_store, tmp_path, read):
    read["test", "night"] = read["test", "night"][:20]
    context = evaluating.context(
        OneDomain(), picture_store, tmp_path, "day", "night", classifier=StandInClassifier()
    )
    compare_samples(context, ("day", "night"))
    found = context.results.tasks["samples"]["fd_features"]
    assert found.values.keys() == {"model", "noise", "gaussian", "untrained"}
    assert found.protocol["count"] == 600
    said = {missing.metric: missing.reason for missing in context.results.missing}
    assert said["test_pictures"] == (
        "there are 40: with fewer than 50 of everything distances say little"
    )


def test_translations_are_measured_with_as_many_real_pictures(picture_store, tmp_path, read):
    context = evaluating.context(Constant({"night": "day"}, 0.0, 3), picture_store, tmp_path)
    classifier = StandInClassifier()
    answers = {"model": of_mean(-0.2, 100, 5), "untouched_input": of_mean(0.2, 100, 6)}
    compare_to_references(context, "day_to_night", classifier, "night", answers)
    found = context.results.tasks["day_to_night"]["fd_features"]
    assert found.protocol["count"] == 60
    assert found.values.keys() == {"model", "untouched_input", "test_pictures"}
    assert len(torch.cat(classifier.seen)) == 300 + 3 * 60


def test_equal_counts_stay_as_they_are(picture_store, tmp_path):
    context = evaluating.context(Constant({"night": "day"}, 0.0, 3), picture_store, tmp_path)
    model, real = of_mean(0.2, FEW, 1), of_mean(0.2, FEW, 2)
    found = equal_counts(context, "task", {"model": model}, real)
    assert np.array_equal(found["model"], model)
    assert np.array_equal(found["test_pictures"], real)
    few = equal_counts(context, "task", {"model": model}, real[:-1])
    assert few.keys() == {"model"}
    assert len(few["model"]) == FEW
