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
from pipeline.codecs import ImageCodec, MelCodec, PointCodec, SoundCodec
from pipeline.datasets.store import Store
from pipeline.evaluation.accuracy import evaluate_classifier
from pipeline.evaluation.codes import evaluate_tokenizer
from pipeline.evaluation.combining import combination_remark
from pipeline.evaluation.context import Context
from pipeline.evaluation.conversion import evaluate_converter
from pipeline.evaluation.interpolation import show_interpolations
from pipeline.evaluation.likelihood import evaluate_scorer
from pipeline.evaluation.loading import Networks, load_networks
from pipeline.evaluation.memory import ceiling_remark, memory_remark
from pipeline.evaluation.points import evaluate_points
from pipeline.evaluation.protocol import common_protocol
from pipeline.evaluation.reconstruction import evaluate_reconstructor
from pipeline.evaluation.results import Results
from pipeline.evaluation.sampling import evaluate_sampler
from pipeline.evaluation.translation import evaluate_translator
from pipeline.evaluation.verdicts import SAMPLING, SAMPLING_GREY, judge
from pipeline.evaluation.vocoding import evaluate_vocoder
from pipeline.inference.finished import FinishedModel

__all__ = ["EVALUATIONS", "Context", "Evaluation", "Networks", "evaluate", "load_networks"]


class Evaluation(NamedTuple):
    """A function that runs for every model with a capability."""

    capability: type
    codec: type | tuple[type, ...]
    """Of the samples it is made for: `ImageCodec`, `SoundCodec`, ...; ``object`` for any."""
    function: Callable[[Context], None]


DRAWN = (ImageCodec, SoundCodec)
"""Of samples that one looks at, each by itself; points are looked at together."""

EVALUATIONS: tuple[Evaluation, ...] = (
    Evaluation(Translator, ImageCodec, evaluate_translator),
    Evaluation(Translator, SoundCodec, evaluate_converter),
    Evaluation(Sampler, DRAWN, evaluate_sampler),
    Evaluation(Sampler, PointCodec, evaluate_points),
    Evaluation(Reconstructor, DRAWN, evaluate_reconstructor),
    Evaluation(Tokenizer, DRAWN, evaluate_tokenizer),
    Evaluation(Scorer, object, evaluate_scorer),
    Evaluation(Classifier, object, evaluate_classifier),
    Evaluation(Latent, DRAWN, show_interpolations),
    Evaluation(Vocoder, MelCodec, evaluate_vocoder),
)
"""All that match run, in this order: a model that translates and samples is evaluated as both."""

REMARKS = (memory_remark, ceiling_remark, combination_remark)
"""The findings that samplers get, of all that was measured of them."""


@torch.no_grad()
def evaluate(
    finished: FinishedModel,
    store: Store,
    networks: Networks,
    out: Path,
    begun: Callable[[str], None] = lambda task: None,
    told: Callable[[str, float], None] = lambda name, value: None,
) -> Results:
    """Measure a finished model beside its baselines; figures go to the folder ``out``.

    ``begun`` is called with each task before it is measured, ``told`` with what differs from run to
    run and so is none of the results: the seconds of a sample. Everything random is drawn from
    fixed seeds, so two evaluations give the same numbers. What the store has no data for is among
    what is missing; raises UserError where it has no test split of any of the model's domains, or
    the vocoder does not take its frames.
    """
    out.mkdir(parents=True, exist_ok=True)
    context = Context(finished, store, out, networks, begun=begun, told=told)
    context.results.protocol.update(common_protocol(finished, store, networks))
    for evaluation in EVALUATIONS:
        if isinstance(finished.model, evaluation.capability) and isinstance(
            store.codec, evaluation.codec
        ):
            torch.manual_seed(0)  # dropout at inference, where a model declares it
            evaluation.function(context)
    for task, decision in context.decisions.items():
        measured = context.results.tasks.get(task, {})
        verdict = judge(decision, measured)
        if verdict is not None:
            context.results.verdicts[task] = verdict
        if decision in (SAMPLING, SAMPLING_GREY):
            found = [remark(measured) for remark in REMARKS]
            if said := [remark for remark in found if remark is not None]:
                context.results.remarks[task] = said
    return context.results
