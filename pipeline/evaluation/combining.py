"""Samplers: whether samples have the combination of factors that training left out."""

from collections.abc import Mapping, Sequence
from itertools import product

import torch
from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.codecs import ImageCodec
from pipeline.datasets.factors import Category
from pipeline.evaluation.classifying import predict
from pipeline.evaluation.context import Context, Value
from pipeline.evaluation.data import stream_samples
from pipeline.evaluation.metric_table import CEILINGS
from pipeline.evaluation.results import MODEL, Measured, Protocol, Remark
from pipeline.metrics.combinations import combination_ratio, ratio_interval_of

SUBJECT = "combination"
"""Findings: ``combines``, ``does not``."""
SHARE, RATIO = "combination_share", "combination_ratio"
TRAINING = "training_pictures"
"""Row of real training pictures, none of which has it: what the classifier mistakes for it."""
MOST_TRAINING = 2000


def add_combination(
    context: Context,
    classifier: Classifier,
    predictions: Mapping[str, Tensor],
    domains: Sequence[str],
    about: Protocol,
) -> None:
    """File how often samples have the combination that training never had, by the classifier.

    ``predictions``: the classes [N] of each group's samples. Nothing where the store leaves nothing
    out; what is missing where the classifier does not tell its factors.
    """
    excluded = context.store.excluded
    if not excluded:
        return
    table = factor_table(context, classifier)
    if absent := sorted(excluded.keys() - table.keys()):
        reason = f"the classifier does not tell {', '.join(absent)}: set tells in its block"
        context.miss("samples", SHARE, reason)
        return
    seen = {**predictions, TRAINING: predict_training(context, classifier, domains)}
    has = {
        name: torch.stack(
            [table[factor][found] == named(context, factor, value)
             for factor, value in excluded.items()], dim=1,
        )
        for name, found in seen.items()
    }  # fmt: skip
    how = {**about, "combination": words_of(excluded)}
    shares = {name: rows.all(dim=1).double() for name, rows in has.items()}
    context.add("samples", SHARE, shares, **how)
    ratios = {
        name: Value(combination_ratio(rows), ratio_interval_of(rows))
        for name, rows in has.items()
        if bool(rows.any(dim=0).all())
    }
    if MODEL in ratios:
        context.add("samples", RATIO, ratios, **how)
    else:
        context.miss("samples", RATIO, "one of the values does not occur in its samples at all")


def factor_table(context: Context, classifier: Classifier) -> dict[str, Tensor]:
    """Return for each factor that the classifier tells the index of its value in each class."""
    told = context.networks.classifier_factors
    sizes = []
    for name in told:
        factor = context.store.factors[name]
        assert isinstance(factor, Category)  # or it could not have been trained
        sizes.append(range(len(factor.names)))
    classes = torch.tensor(list(product(*sizes)), dtype=torch.int64)
    assert not told or len(classes) == len(classifier.class_names)
    return {name: classes[:, column] for column, name in enumerate(told)}


def named(context: Context, factor: str, value: str) -> int:
    """Return the index of a category's value."""
    return int(context.store.factors[factor].encode(value))


def predict_training(context: Context, classifier: Classifier, domains: Sequence[str]) -> Tensor:
    """Predict the classes [N] of training pictures, as training saw them: also mirrored ones."""
    mirrored = getattr(context.finished.params, "flip", False) is True
    found = []
    for domain in domains:
        most = MOST_TRAINING // len(domains)
        for x in stream_samples(context.store, "train", domain, most=most):
            found.append(predict(classifier, x))
            if mirrored and isinstance(context.store.codec, ImageCodec):
                found.append(predict(classifier, x.flip(3)))
    return torch.cat(found)


def words_of(excluded: Mapping[str, str]) -> str:
    """Name a combination: ``coat black, facing left``."""
    return ", ".join(f"{factor} {value}" for factor, value in excluded.items())


def combination_remark(metrics: Mapping[str, Measured]) -> Remark | None:
    """Say whether samples have the combination more often than the classifier is mistaken.

    None where that was not measured.
    """
    found = metrics.get(SHARE)
    if found is None or not {MODEL, TRAINING} <= found.intervals.keys():
        return None
    share, mistaken = (found.values[name] for name in (MODEL, TRAINING))
    real = next((value for name, value in found.values.items() if name in CEILINGS), None)
    combines = found.intervals[MODEL][0] > found.intervals[TRAINING][1]
    beside = "" if real is None else f" and in {100 * real:.1f} % of test pictures"
    words = (
        f"The combination that training left out ({found.protocol['combination']}) is seen in "
        f"{100 * share:.1f} % of samples, in {100 * mistaken:.1f} % of training pictures, of which "
        f"none has it,{beside}: {'it combines' if combines else 'no sign that it combines'}."
    )
    said = [words, *independent(metrics.get(RATIO))]
    return Remark(SUBJECT, "combines" if combines else "does not", " ".join(said))


def independent(ratio: Measured | None) -> list[str]:
    """Say how often samples have the combination beside independent factors."""
    if ratio is None:
        return []
    return [f"That is {ratio.values[MODEL]:.2f} times what independent factors would have."]
