"""The networks that evaluation measures with, none of which is the model's own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.capabilities import Classifier, Vocoder
from pipeline.codecs import Codec, PointCodec, SoundCodec
from pipeline.evaluation.judges import Panel, load_panel
from pipeline.evaluation.networks import (
    FeatureNetwork,
    LogitsNetwork,
    LPIPSNetwork,
    load_clip,
    load_inception,
    load_lpips,
)
from pipeline.evaluation.networks.efficientnet import load_efficientnet
from pipeline.evaluation.weights import Loaded, attempt
from pipeline.inference.finished import FinishedModel, as_vocoder, load, unable
from pipeline.inference.vocoders import GriffinLim, untrained_vocoder

CACHED = "cached"
"""In place of a file of weights: that which lies where torch.hub keeps its own."""
NOT_GIVEN = (
    "no weights are given: `evaluation` in params.yaml, or --{name} of `crossdomain evaluate`"
)


@dataclass(frozen=True)
class Networks:
    """The networks at hand: what is None is not measured, or has a plain stand-in."""

    classifier: Classifier | None = None
    """That of the data set."""
    classifier_checksum: str = ""
    """SHA-256 of its weights."""
    classifier_data: str = ""
    """The data set that it learnt from; "": the one that it is asked about."""
    classifier_factors: tuple[str, ...] = ()
    """The factors whose combinations are its classes; none where it tells classes or domains."""
    vocoder: Vocoder | None = None
    """The vocoder of mel spectrograms, the model's and its baselines' alike; None: Griffin-Lim."""
    vocoder_name: str = GriffinLim.name
    """Its name in protocols, with its checksum where it has weights."""
    pictures: FeatureNetwork | None = None
    """A network that was trained on photographs and comes as a package."""
    inception: LogitsNetwork | None = None
    clip: FeatureNetwork | None = None
    lpips: LPIPSNetwork | None = None
    judges: Panel = field(default_factory=Panel)
    """Independent judges of voices; by default nobody."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """``classifier``, ``pictures``, ``inception``, ``clip``, ``lpips`` -> why it is not there."""


def load_networks(
    codec: Codec,
    *,
    classifier: Path | None = None,
    vocoder: Path | None = None,
    whisper: str | None = None,
    language: str = "en",
    inception: str | None = None,
    clip: str | None = None,
    lpips: str | None = None,
) -> Networks:
    """Load what samples of ``codec`` are measured with; `Networks` says what is missing, and why.

    Args:
        codec: that of the data: sound needs other networks than pictures do.
        classifier: the data set's, its folder; None: none.
        vocoder: its folder; None: Griffin-Lim, or WORLD for its parameters.
        whisper: see `load_panel`; so does ``language``.
        inception: the file with the weights of torch-fidelity's Inception v3; `CACHED`: where
            torch.hub keeps it.
        clip: the same of CLIP's ViT-L/14 at 336 pixels.
        lpips: the same of torchvision's AlexNet.

    Raises:
        UserError: a folder that holds no finished model, or one that does something else; a file
            that is given and can't be used.
    """
    missing: dict[str, str] = {}
    networks = Networks(missing=missing)
    if classifier is None:
        missing["classifier"] = "there is no classifier of this data"
    else:
        finished = load(classifier)
        networks = replace(
            networks,
            classifier=as_classifier(finished),
            classifier_checksum=finished.card.weights,
            classifier_data=finished.params.data,
            classifier_factors=finished.params.factors,
        )
    if vocoder is not None:
        finished = load(vocoder)
        name = f"{finished.name}, {finished.card.weights}"
        networks = replace(networks, vocoder=as_vocoder(finished), vocoder_name=name)
    if isinstance(codec, SoundCodec):
        if networks.vocoder is None:
            networks = replace(networks, vocoder_name=untrained_vocoder(codec.convention).name)
        return replace(networks, judges=load_panel(whisper=whisper, language=language))
    if isinstance(codec, PointCodec):  # no network knows more of them than their coordinates say
        return networks
    return replace(
        networks,
        pictures=attempt("pictures", load_efficientnet, missing),
        inception=given("inception", inception, load_inception, missing),
        clip=given("clip", clip, load_clip, missing),
        lpips=given("lpips", lpips, load_lpips, missing),
    )


def given(
    name: str,
    weights: str | None,
    build: Callable[[Path | None], Loaded],
    missing: dict[str, str],
) -> Loaded | None:
    """Load a network whose weights are given; else say in ``missing`` that they are not."""
    if weights is None:
        missing[name] = NOT_GIVEN.format(name=name)
        return None
    return build(None if weights == CACHED else Path(weights))


def as_classifier(finished: FinishedModel) -> Classifier:
    """Return the model as a classifier; raise UserError where it is none."""
    if not isinstance(finished.model, Classifier):
        raise unable(finished, "classify")
    return finished.model
