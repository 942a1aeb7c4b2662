"""The digits, and the classifier that looks at them."""

import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.evaluation.data import in_batches, read_samples
from pipeline.inference.finished import load
from pipeline.models.classifier import ClassifierModel
from pipeline.params import load_params
from pipeline.training.train import train
from stages.layout import CLASSIFIERS, PARAMS

Rows = dict[str, dict[str, float]]
"""Name of what is measured -> metric -> value."""


@dataclass(frozen=True)
class Digits:
    """Pictures [N, 1, 32, 32] in [-1, 1] of both splits, their classes [N], and a classifier."""

    train: Tensor
    test: Tensor
    train_labels: Tensor
    test_labels: Tensor
    classifier: Classifier
    source: str
    """The classifier's folder, or that it was trained anew."""

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Compute the classifier's features [N, F]."""
        return in_batches(self.classifier.features, x)

    @torch.no_grad()
    def logits(self, x: Tensor) -> Tensor:
        """Compute the classifier's logits [N, 10]."""
        return in_batches(self.classifier.classify, x)

    @torch.no_grad()
    def taps(self, x: Tensor) -> list[Tensor]:
        """Compute the feature maps of the classifier's layers."""
        assert isinstance(self.classifier, ClassifierModel)
        return self.classifier.taps(x)

    @cached_property
    def reference(self) -> Tensor:
        """The features of the training digits: what samples are compared with."""
        return self.features(self.train)

    @property
    def accuracy(self) -> float:
        """The classifier's, on the test digits."""
        found = self.logits(self.test).argmax(dim=1)
        return float((found == self.test_labels).double().mean())


def load_digits() -> Digits:
    """Prepare the digits of params.yaml, and load their classifier or train it."""
    params = load_params(PARAMS)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prepare(params.datasets["digits"], folder / "digits", workers=1)
        store = Store(folder / "digits")
        model, source = CLASSIFIERS / "digits", f"{CLASSIFIERS / 'digits'}"
        if not model.exists():
            model, source = folder / "classifier", "trained anew"
            curves, scratch = folder / "curves", folder / "scratch"
            run, seed = params.classifiers["digits"], params.seed
            train(run, store, model, seed=seed, curves=curves, scratch=scratch)
        classifier = load(model, torch.device("cpu")).model
        assert isinstance(classifier, Classifier)
        samples = {split: read_samples(store, split, "digit") for split in ("train", "test")}
        labels = {
            split: torch.tensor([int(label) for label in store.domain(split, "digit").labels])
            for split in samples
        }
    return Digits(
        samples["train"], samples["test"], labels["train"], labels["test"], classifier, source
    )
