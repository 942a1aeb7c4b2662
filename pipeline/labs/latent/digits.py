"""Pictures of digits, and what a classifier says of others."""

from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.evaluation.data import read_labels, read_samples
from pipeline.labs.latent.trained import Trained
from pipeline.latent.spaces import AT_ONCE

NAME, DOMAIN = "digits", "digit"
SURE = 0.9
"""Probability from which on a classifier is confident that it sees a digit."""


class Digits(NamedTuple):
    """Pictures with their classes."""

    pictures: Tensor
    """[N, C, H, W] in [-1, 1]."""
    labels: Tensor
    """[N], int64."""


def digits_of(trained: Trained, split: str) -> Digits:
    """Read all digits of a split; raises UserError where there are none."""
    store = trained.store(NAME)
    pictures = read_samples(store, split, DOMAIN).to(trained.device)
    return Digits(pictures, read_labels(store, split, DOMAIN).to(trained.device))


def digit_classifier(trained: Trained) -> Classifier:
    """Load the classifier of digits; raises UserError where it was not trained."""
    model = trained.classifier(NAME).model
    assert isinstance(model, Classifier)
    return model


@torch.no_grad()
def probabilities(classifier: Classifier, x: Tensor) -> Tensor:
    """Compute what a classifier takes samples [N, C, H, W] for: [N, classes]."""
    return torch.cat([classifier.classify(some).softmax(dim=1) for some in torch.split(x, AT_ONCE)])


def classes(classifier: Classifier, x: Tensor) -> Tensor:
    """Tell the likeliest classes [N] of samples [N, C, H, W]."""
    return probabilities(classifier, x).argmax(dim=1)


def sure(classifier: Classifier, x: Tensor) -> Tensor:
    """Tell which of samples [N, C, H, W] a classifier takes confidently for a digit: [N] of 0, 1.

    That is all that the share means: a classifier knows no other class than digits, and can be
    confident of what is none.
    """
    return (probabilities(classifier, x).amax(dim=1) >= SURE).double()


def nearest(x: Tensor, known: Digits) -> tuple[Tensor, Tensor]:
    """Find the nearest of known digits to each of samples [N, C, H, W].

    Returns the mean squared error [N] and the classes [N].
    """
    distances = torch.cdist(x.flatten(1).double(), known.pictures.flatten(1).double())
    found, at = distances.min(dim=1)
    return found.square() / x[0].numel(), known.labels[at]


def unlike_pairs(labels: Tensor, count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Draw pairs of numbers of samples of different classes [N]: two of [M], M <= ``count``."""
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=generator).to(labels.device)
    half = len(order) // 2
    first, second = order[:half], order[half : 2 * half]
    unlike = labels[first] != labels[second]
    return first[unlike][:count], second[unlike][:count]
