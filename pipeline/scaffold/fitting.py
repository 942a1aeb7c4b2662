"""Runs that do not fit the data sets they name, found from parameters alone."""

from collections.abc import Iterator

from torch import nn

from pipeline.capabilities import Sampler
from pipeline.conventions import WorldConvention, differences
from pipeline.datasets.source import SoundParams
from pipeline.errors import UserError, shortened
from pipeline.methods.base import RunParams
from pipeline.methods.classifier import ClassifierParams
from pipeline.methods.inca import INCAParams
from pipeline.methods.mask_cyclegan_vc import MaskCycleGANVCParams
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.methods.runs import VocoderRunParams
from pipeline.models.card import Card, Pretrained
from pipeline.nn.outlines import on_meta
from pipeline.nn.shapes import check_size
from pipeline.params import Params
from pipeline.samples import DatasetSpec, Labelled, Paired


def misfits(params: Params) -> Iterator[str]:
    """Name the runs whose training would refuse their data set, and the reason.

    Only preparation tells how long clips are and which items domains share.
    """
    for path, run in params.trained.items():
        try:
            check_fit(params, run)
        except (ValueError, UserError) as error:
            reason = shortened(str(error), 1000)
            yield f"{path} can't learn from datasets.{run.data}: {reason}"


def check_fit(params: Params, run: RunParams) -> None:
    """Build a run's networks without memory; raise ValueError or UserError where training would."""
    data = params.datasets[run.data]
    if isinstance(run, VocoderRunParams) and isinstance(data, SoundParams):
        if found := differences(run.convention, data.convention):
            raise ValueError(f"its frames are of another convention: {found}")
        if not data.keep_audio:
            raise ValueError("a vocoder learns from the sound too: set keep_audio: true there")
    for key, start in run.starts.items():
        if start >= run.steps:
            raise ValueError(
                f"{key}: found {start}, allowed: below its {run.steps} steps, or that part of the "
                "training would never begin"
            )
    with on_meta():
        method = run.build_for(data.spec, pretrained_of(params, run))
    if isinstance(data, SoundParams) and isinstance(data.convention, WorldConvention):
        check_world(run, method.model, data.convention)
    if run.reads is Paired and not data.may_pair(*run.domains):
        raise ValueError(
            f"{' and '.join(run.domains)} are not aligned in training: a model that learns from "
            "pairs needs the same in both domains"
        )
    if run.reads is Labelled and run is not (classifier := params.classifiers.get(run.data)):
        check_classifier(classifier, run, data.spec)


def check_world(run: RunParams, model: nn.Module, convention: WorldConvention) -> None:
    """Raise ValueError where a run does with WORLD's features what they are not made for."""
    if isinstance(model, Sampler):
        raise ValueError(
            "samples of WORLD's features have no pitch of their own, so a model that draws some "
            "makes no sound: models of them translate, and what draws sound learns mel spectrograms"
        )
    if convention.features == "envelope":
        return
    if isinstance(run, INCAParams) and run.pooled_rows > 1:
        raise ValueError(
            f"pooled_rows: found {run.pooled_rows}, allowed: 1, for mel-cepstra are no bands of a "
            "spectrum, neighbours of which say alike"
        )
    if isinstance(run, MaskCycleGANVCParams) and run.stretch > 1:
        raise ValueError(
            f"stretch: found {run.stretch:g}, allowed: 1, for mel-cepstra are no bands of a "
            "spectrum that could be moved; features: envelope has such bands"
        )


def check_classifier(
    classifier: ClassifierParams | None, run: RunParams, data: DatasetSpec
) -> None:
    """Raise ValueError where the classifier, by which sound is evaluated, can't take its chunks."""
    height, width = run.sample_size(data)
    if classifier is None or data.specs[run.domains[0]].bounded:
        return
    with on_meta():
        try:
            classifier.check_data(data)
            check_size(classifier.build_model(classifier.select(data)), height, width)
        except ValueError as error:
            raise ValueError(f"classifiers.{run.data} can't evaluate it: {error}") from error


def pretrained_of(params: Params, run: RunParams) -> Pretrained | None:
    """Build what a run builds on, without memory; None where it builds on nothing."""
    if not isinstance(run, SecondStageRunParams) or run.pretrained is None:
        return None
    group, _, name = run.pretrained.partition("/")
    below = (params.classifiers if group == "classifiers" else params.runs)[name]
    pretrained = pretrained_of(params, below)
    whole = params.datasets[below.data].spec
    below.check_data(whole)
    data = below.select(whole)
    card = Card(
        version="",
        seed=params.seed,
        data=data,
        run=below.model_dump(mode="json"),
        weights="",
        pretrained=None if pretrained is None else pretrained.card,
    )
    return Pretrained(below.build_model(data, pretrained), card)
