"""Which metrics a model gets, from what it can do."""

from pathlib import Path

import torch

from pipeline.capabilities import Classifier, Translator, Vocoder
from pipeline.codecs import MelCodec
from pipeline.datasets.store import Store
from pipeline.evaluation.generation import evaluate_generation
from pipeline.evaluation.pictures import evaluate_translator
from pipeline.evaluation.results import Evaluation, Results
from pipeline.evaluation.sound import evaluate_converter
from pipeline.evaluation.vocoders import evaluate_vocoder
from pipeline.inference.finished import FinishedModel, fresh_copy

__all__ = ["evaluate"]


@torch.no_grad()
def evaluate(
    finished: FinishedModel,
    store: Store,
    classifier: Classifier | None,
    out: Path,
    vocoder: Vocoder | None = None,
) -> Results:
    """The numbers of a finished model beside their baselines; figures go to ``out``.

    ``vocoder`` makes the sound of voice converters and of all that stands beside them.
    Everything random is drawn from fixed seeds, so two evaluations give the same numbers.
    """
    torch.manual_seed(0)  # dropout at inference, where a model declares it
    out.mkdir(parents=True, exist_ok=True)
    evaluation = Evaluation()
    model = finished.model
    if isinstance(model, Translator) and isinstance(store.codec, MelCodec):
        evaluate_converter(model, store, classifier, evaluation, out, vocoder)
    elif isinstance(model, Translator):
        evaluate_translator(model, store, classifier, evaluation, out)
    else:
        untrained = fresh_copy(finished)
        domains = finished.params.domains
        if isinstance(model, Vocoder) and isinstance(untrained, Vocoder):
            evaluate_vocoder(model, untrained, store, domains, evaluation, out)
        else:
            evaluate_generation(model, untrained, store, domains[0], classifier, evaluation, out)
    return evaluation.results
