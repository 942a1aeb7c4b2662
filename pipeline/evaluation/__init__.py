"""The metrics that a model gets, by its capabilities."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch

from pipeline.capabilities import (
    Classifier,
    Latent,
    Reconstructor,
    Sampler,
    Scorer,
    Tokenizer,
    Translator,
    Vocoder,
)
from pipeline.codecs import ImageCodec, MelCodec
from pipeline.datasets.store import Store
from pipeline.evaluation.codes import evaluate_tokenizer
from pipeline.evaluation.context import Context
from pipeline.evaluation.conversion import evaluate_converter
from pipeline.evaluation.interpolation import show_interpolations
from pipeline.evaluation.likelihood import evaluate_scorer
from pipeline.evaluation.reconstruction import evaluate_reconstructor
from pipeline.evaluation.results import Results
from pipeline.evaluation.sampling import evaluate_sampler
from pipeline.evaluation.translation import evaluate_translator
from pipeline.evaluation.vocoding import evaluate_vocoder
from pipeline.inference.finished import FinishedModel

__all__ = ["EVALUATIONS", "Context", "Evaluation", "evaluate"]


class Evaluation(NamedTuple):
    """A function that runs for every model with a capability."""

    capability: type
    codec: type
    """The kind of samples it is made for: `ImageCodec`, `MelCodec`, or ``object`` for any."""
    function: Callable[[Context], None]


EVALUATIONS: tuple[Evaluation, ...] = (
    Evaluation(Translator, ImageCodec, evaluate_translator),
    Evaluation(Translator, MelCodec, evaluate_converter),
    Evaluation(Sampler, object, evaluate_sampler),
    Evaluation(Reconstructor, object, evaluate_reconstructor),
    Evaluation(Tokenizer, object, evaluate_tokenizer),
    Evaluation(Scorer, object, evaluate_scorer),
    Evaluation(Latent, object, show_interpolations),
    Evaluation(Vocoder, MelCodec, evaluate_vocoder),
)
"""All that match run, in this order: a model that translates and samples is evaluated as both."""


@torch.no_grad()
def evaluate(
    finished: FinishedModel,
    store: Store,
    classifier: Classifier | None,
    out: Path,
    vocoder: Vocoder | None = None,
) -> Results:
    """Measure a finished model beside its baselines; figures go to the folder ``out``.

    ``vocoder`` makes the sound of mel spectrograms, the model's and its baselines' alike; None:
    Griffin-Lim. Everything random is drawn from fixed seeds, so two evaluations give the same
    numbers. Raises UserError where the vocoder does not take the store's frames, or the store
    lacks the domains' test split.
    """
    out.mkdir(parents=True, exist_ok=True)
    context = Context(finished, store, out, classifier, vocoder)
    for evaluation in EVALUATIONS:
        if isinstance(finished.model, evaluation.capability) and isinstance(
            store.codec, evaluation.codec
        ):
            torch.manual_seed(0)  # dropout at inference, where a model declares it
            evaluation.function(context)
    return context.results
