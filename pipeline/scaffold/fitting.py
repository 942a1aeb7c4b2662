"""Whether runs fit the data sets they name, told from parameters alone."""

from collections.abc import Iterator

from pipeline.datasets.source import SoundParams
from pipeline.errors import UserError, shortened
from pipeline.mel_convention import differences
from pipeline.methods.base import RunParams
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.methods.runs import VocoderRunParams
from pipeline.models.card import Card, Pretrained
from pipeline.nn.outlines import on_meta
from pipeline.params import Params


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
            raise ValueError(f"its mel frames are of another convention: {found}")
        if not data.keep_audio:
            raise ValueError("a vocoder learns from the sound too: set keep_audio: true there")
    with on_meta():
        run.build_for(data.spec, pretrained_of(params, run))


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
