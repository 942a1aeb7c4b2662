"""Classifiers: the share of test samples whose class they tell."""

import torch
from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.evaluation.classifying import predict, standardise_for
from pipeline.evaluation.context import Context
from pipeline.evaluation.results import MODEL
from pipeline.evaluation.verdicts import ACCURACY


def evaluate_classifier(context: Context) -> None:
    """Measure the accuracy on test samples, beside the commonest class and the untrained network.

    The ceiling is the data set's own classifier, which read the label of every training sample.
    """
    model, untrained = context.model, context.untrained
    assert isinstance(model, Classifier)
    assert isinstance(untrained, Classifier)
    context.decide("accuracy", ACCURACY)
    found = labelled_tests(context)
    if found is None:
        context.miss_task("accuracy", ACCURACY, "the test samples' classes are not known")
        return
    x, seen, labels = found
    common = torch.bincount(training_labels(context, labels)).argmax()
    rows = {
        MODEL: predict(model, x) == labels,
        "commonest_class": labels == common,
        "untrained": predict(untrained, x) == labels,
    }
    classifier = context.classifier
    if classifier is not None and classifier.class_names == model.class_names:
        rows["classifier"] = predict(classifier, seen) == labels
    values = {name: right.float() for name, right in rows.items()}
    context.add("accuracy", "accuracy", values, count=len(x), **context.scale(*context.domains))


def labelled_tests(context: Context) -> tuple[Tensor, Tensor, Tensor] | None:
    """Return test samples [N, C, H, W] as the model learnt them, as the data set's classifier did,
    and their classes [N]; None where a sample is a part of what has one."""
    domains, several = context.domains, len(context.finished.params.domains) > 1
    parts, seen, labels = [], [], []
    for domain in domains:
        x = context.samples("test", domain)
        known = torch.from_numpy(context.store.domain("test", domain).labels.astype("int64"))
        if several:
            number = context.finished.params.domains.index(domain)
            known = torch.full((len(x),), number)
        if len(known) != len(x):
            return None
        parts.append(x)
        labels.append(known)
        standard = context.classifier
        codec = context.store.codec
        seen.append(x if standard is None else standardise_for(standard, x, codec, domain))
    return torch.cat(parts), torch.cat(seen), torch.cat(labels)


def training_labels(context: Context, tests: Tensor) -> Tensor:
    """Return the classes [N] of the training items; of the ``tests``, where there are none."""
    domains = context.finished.params.domains
    if not context.store.has("train", *domains):
        return tests
    known = [context.store.domain("train", domain).labels.astype("int64") for domain in domains]
    if len(domains) > 1:
        known = [labels * 0 + number for number, labels in enumerate(known)]
    return torch.cat([torch.from_numpy(labels) for labels in known])
