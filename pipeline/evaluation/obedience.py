"""Samplers of classes: whether samples are of the class that was asked for, by the classifier."""

from collections.abc import Mapping

import torch
from torch import Tensor

from pipeline.capabilities import Classifier, Sampler
from pipeline.evaluation.context import Context
from pipeline.evaluation.drawn import Drawn
from pipeline.evaluation.results import Protocol


def add_class_accuracy(
    context: Context,
    classifier: Classifier,
    groups: Mapping[str, Drawn],
    predictions: Mapping[str, Tensor],
    about: Protocol,
) -> None:
    """File the share of samples that the classifier takes for the class that was asked for.

    Of the whole, and of each class as a part. Real test samples, of their own classes, are the
    ceiling: what the classifier gets right. Nothing where the model has no classes, and what is
    missing where the classifier knows others.
    """
    model = context.model
    assert isinstance(model, Sampler)
    if not model.classes:
        return
    if not knows_classes(context, classifier):
        known = ", ".join(classifier.class_names)
        context.miss("samples", "class_accuracy", f"the classifier knows other classes: {known}")
        return
    asked = {name: drawn.labels for name, drawn in groups.items() if drawn.labels is not None}
    right = {name: (predictions[name] == labels).double() for name, labels in asked.items()}
    parts = {
        title: {
            name: float(right[name][labels == number].mean())
            for name, labels in asked.items()
            if bool((labels == number).any())
        }
        for number, title in enumerate(classifier.class_names)
    }
    context.add("samples", "class_accuracy", right, **about)
    context.add_parts("samples", "class_accuracy", parts)


def knows_classes(context: Context, classifier: Classifier) -> bool:
    """Tell whether the classes that the model is asked for are those of the classifier."""
    names, model = context.finished.card.data.classes, context.model
    assert isinstance(model, Sampler)
    return classifier.class_names == names and len(names) == model.classes


def labels_of_domain(context: Context, domain: str, count: int) -> Tensor | None:
    """Return the classes [N] of the real test samples of a domain, as the model numbers them.

    The domain's own number where domains are its classes; None where the model has none.
    """
    model, names = context.model, context.finished.card.data.classes
    if not isinstance(model, Sampler) or not model.classes:
        return None
    if names == context.finished.params.domains:
        return torch.full((count,), names.index(domain))
    return context.labels("test", domain) if names == context.store.meta.classes else None
