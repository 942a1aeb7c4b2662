"""How often a model that classifies tells the class of test samples."""

import evaluating
import torch
from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.evaluation.accuracy import evaluate_classifier

NAMES = tuple("0123456789")


class Guesses(torch.nn.Module, Classifier):
    """Tells the classes that it was given, in their order."""

    class_names = NAMES

    def __init__(self, answers: Tensor) -> None:
        super().__init__()
        self.answers = answers
        self.place = 0

    def features(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def classify(self, x: Tensor) -> Tensor:
        part = self.answers[self.place : self.place + len(x)]
        self.place += len(x)
        return torch.nn.functional.one_hot(part, 10).float()


def labels(store, split: str) -> Tensor:
    return torch.from_numpy(store.domain(split, "digit").labels.astype("int64"))


def test_accuracy_stands_beside_the_commonest_class_and_the_data_sets_classifier(
    digits_store, tmp_path
):
    known = labels(digits_store, "test")
    half = torch.where(torch.arange(len(known)) % 2 == 0, known, (known + 1) % 10)
    context = evaluating.context(
        Guesses(half), digits_store, tmp_path, "digit",
        untrained=Guesses((known + 1) % 10), classifier=Guesses(known),
    )  # fmt: skip
    evaluate_classifier(context)
    found = context.results.tasks["accuracy"]["accuracy"]
    common = torch.bincount(labels(digits_store, "train")).argmax()
    assert found.values == {
        "model": 0.5,
        "commonest_class": round(float((known == common).float().mean()), 4),
        "untrained": 0.0,
        "classifier": 1.0,
    }
    assert found.protocol["count"] == len(known)
    assert "accuracy" in context.decisions


def test_domains_are_classes_where_there_are_several(picture_store, tmp_path):
    stands_in = Guesses(torch.zeros(100, dtype=torch.int64))
    first, second = list(picture_store.spec.specs)[:2]
    context = evaluating.context(
        stands_in, picture_store, tmp_path, first, second,
        untrained=Guesses(torch.ones(100, dtype=torch.int64)),
    )  # fmt: skip
    evaluate_classifier(context)
    values = context.results.tasks["accuracy"]["accuracy"].values
    counts = [len(picture_store.domain("test", name)) for name in (first, second)]
    assert values["model"] == round(counts[0] / sum(counts), 4)
    assert values["untrained"] == round(counts[1] / sum(counts), 4)
