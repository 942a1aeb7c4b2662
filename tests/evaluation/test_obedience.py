"""Samplers of classes: whether they draw what they were asked for."""

import evaluating
import torch
from evaluating import StandInClassifier
from torch import Generator, Tensor, nn

from pipeline.capabilities import Classifier, Sampler
from pipeline.evaluation import Networks, ceilings, evaluate
from pipeline.evaluation.data import read_labels, read_samples
from pipeline.models.sampling import draw_labels


class Known(nn.Module, Classifier):
    """Knows real digits by heart; takes what it does not know for a 0."""

    def __init__(self, x: Tensor, labels: Tensor, classes: tuple[str, ...]) -> None:
        super().__init__()
        self.class_names = classes
        self.known = {self.key(one): int(label) for one, label in zip(x, labels, strict=True)}

    def key(self, one: Tensor) -> bytes:
        return bytes(one.contiguous().numpy().tobytes())

    def features(self, x: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)

    def classify(self, x: Tensor) -> Tensor:
        found = torch.tensor([self.known.get(self.key(one), 0) for one in x])
        return nn.functional.one_hot(found, len(self.class_names)).float()


class Asked(nn.Module, Sampler):
    """Draws real digits of the class asked for; one of ``wrong`` is drawn as the next class."""

    classes = 10

    def __init__(self, x: Tensor, labels: Tensor, wrong: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.x = [x[labels == number] for number in range(10)]
        self.wrong = wrong

    def sample(self, n: int, generator: Generator | None = None, condition=None) -> Tensor:
        labels = draw_labels(10, n, generator, condition)
        drawn = [(y + 1) % 10 if y in self.wrong else y for y in labels.tolist()]
        return torch.stack([self.x[y][i % len(self.x[y])] for i, y in enumerate(drawn)])


def test_accuracy_of_class_and_of_each_class(digits_store, tmp_path):
    train, test = (read_samples(digits_store, split, "digit") for split in ("train", "test"))
    of_train, of_test = (read_labels(digits_store, split, "digit") for split in ("train", "test"))
    classes = digits_store.meta.classes
    classifier = Known(torch.cat([train, test]), torch.cat([of_train, of_test]), classes)
    untrained = Asked(train, of_train, wrong=tuple(range(10)))
    finished = evaluating.finished(
        Asked(train, of_train, wrong=(3,)), digits_store, "digit", untrained=untrained
    )
    results = evaluate(finished, digits_store, Networks(classifier), tmp_path)
    found = results.tasks["samples"]["class_accuracy"]
    assert found.values.keys() == {"model", "untrained", "test_pictures"}
    assert found.values["test_pictures"] == 1.0
    assert found.values["untrained"] == 0.0
    assert 0.85 < found.values["model"] < 0.95  # one class of ten is another
    assert found.parts.keys() == set(classes)
    assert {name: rows["model"] for name, rows in found.parts.items()} == {
        name: 0.0 if name == "3" else 1.0 for name in classes
    }
    low, high = found.intervals["model"]
    assert low < found.values["model"] < high


def test_of_models_without_classes_nothing_is_measured(digits_store, tmp_path):
    class Unasked(Asked):
        classes = 0

        def sample(self, n: int, generator: Generator | None = None, condition=None) -> Tensor:
            return super().sample(n, generator, torch.zeros(n, dtype=torch.int64))

    train, labels = (f(digits_store, "train", "digit") for f in (read_samples, read_labels))
    finished = evaluating.finished(Unasked(train, labels), digits_store, "digit")
    results = evaluate(finished, digits_store, Networks(StandInClassifier()), tmp_path)
    assert "class_accuracy" not in results.tasks["samples"]
    assert "class_accuracy" not in {one.metric for one in results.missing}


def test_a_classifier_of_other_classes_is_said(digits_store, tmp_path):
    train, labels = (f(digits_store, "train", "digit") for f in (read_samples, read_labels))
    finished = evaluating.finished(Asked(train, labels), digits_store, "digit")
    results = evaluate(finished, digits_store, Networks(StandInClassifier()), tmp_path)
    (missing,) = [one for one in results.missing if one.metric == "class_accuracy"]
    assert missing.reason == "the classifier knows other classes: low, high"


def test_domains_that_are_the_classes_label_their_own_test_samples(
    sound_store, tmp_path, monkeypatch
):
    monkeypatch.setattr(ceilings, "FEW", 1)

    class Speaks(nn.Module, Sampler):
        classes = 2

        def sample(self, n: int, generator: Generator | None = None, condition=None) -> Tensor:
            return torch.randn(n, 1, 16, 16, generator=generator)

    class Ann(StandInClassifier):
        """Hears ann in everything."""

        class_names = ("ann", "bob")

        def classify(self, x: Tensor) -> Tensor:
            return torch.tensor([[1.0, 0.0]]).expand(len(x), 2)

    finished = evaluating.finished(
        Speaks(), sound_store, "ann", "bob", width=16, classes=("ann", "bob")
    )
    results = evaluate(finished, sound_store, Networks(Ann()), tmp_path)
    parts = results.tasks["samples"]["class_accuracy"].parts
    assert {name: rows["test_chunks"] for name, rows in parts.items()} == {"ann": 1.0, "bob": 0.0}
