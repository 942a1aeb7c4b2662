"""The networks that `crossdomain evaluate` measures with: those that are asked for, or near."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pipeline.codecs import ImageCodec, SoundCodec, holds
from pipeline.conventions import differences
from pipeline.errors import UserError
from pipeline.evaluation import Networks, load_networks
from pipeline.evaluation.judges.languages import language_code
from pipeline.inference.finished import FinishedModel, as_classifier, outline
from pipeline.inference.vocoders import fitting

SOUND = ("vocoder", "whisper", "language")
PICTURES = ("inception", "clip", "lpips")
"""Wishes for networks that measure sound, and pictures."""


class Wishes(NamedTuple):
    """The networks that the user asks to measure with."""

    classifier: Path | None = None
    vocoder: Path | None = None
    whisper: str | None = None
    language: str | None = None
    """Of what is said, for ``whisper``; None: English."""
    inception: str | None = None
    clip: str | None = None
    lpips: str | None = None


def networks_for(finished: FinishedModel, folder: Path, wishes: Wishes) -> Networks:
    """Load the networks for a model that lies in ``folder``.

    Without a wish the classifier is that of the model's data set, where it lies as training put it.
    Raises UserError where what is asked for can't be loaded or does not fit.
    """
    codec = finished.codec
    check_wishes(finished, wishes)
    language = "en" if wishes.language is None else language_code(wishes.language)
    place = wishes.classifier or classifier_near(finished, folder)
    reason = "no classifier is given: --classifier FOLDER"
    if place is not None and (problem := misfit(outline(place), finished)):
        if wishes.classifier is not None:
            raise UserError(f"--classifier {place}: {problem}")
        place, reason = None, f"the classifier in {place} does not fit: {problem}"
    networks = load_networks(
        codec,
        classifier=place,
        vocoder=wishes.vocoder,
        whisper=wishes.whisper,
        language=language,
        inception=wishes.inception,
        clip=wishes.clip,
        lpips=wishes.lpips,
    )
    if isinstance(codec, SoundCodec):
        fitting(networks.vocoder, codec.convention)
    if wishes.whisper is not None and networks.judges.words is None:
        raise UserError(f"--whisper {wishes.whisper}: {networks.judges.missing['words']}")
    missing = {**networks.missing, "classifier": reason}
    return networks if networks.classifier else replace(networks, missing=missing)


def check_wishes(finished: FinishedModel, wishes: Wishes) -> None:
    """Raise UserError where a wish is for another kind of model, or needs one that is not there."""
    sound = isinstance(finished.codec, SoundCodec)
    theirs, own = ("pictures", "sound") if sound else ("sound", "pictures")
    for name in PICTURES if sound else SOUND:
        if getattr(wishes, name) is not None:
            raise UserError(f"--{name} is for {theirs}, but '{finished.name}' was trained on {own}")
    if wishes.language is not None and wishes.whisper is None:
        raise UserError(
            f"--language {wishes.language} is for --whisper, which hears the words: name its model "
            "too, or leave the language out"
        )


def classifier_near(finished: FinishedModel, folder: Path) -> Path | None:
    """Find the classifier of a model's data set in data/classifiers, beside its data/models."""
    place = folder.absolute().parent.parent / "classifiers" / finished.params.data
    return place if (place / "params.json").is_file() else None


def misfit(classifier: FinishedModel, finished: FinishedModel) -> str:
    """Say why a classifier can't look at a model's samples; "" where it can."""
    classes = as_classifier(classifier).class_names
    theirs, ours = classifier.codec, finished.codec
    if isinstance(theirs, ImageCodec) and isinstance(ours, ImageCodec):
        if theirs.size != ours.size:
            return f"it takes pictures of {theirs.size} pixels, and the model's have {ours.size}"
        depths = {spec.channels for spec in classifier.card.data.specs.values()}
        if depths.isdisjoint(spec.channels for spec in finished.card.data.specs.values()):
            return "its pictures have other channels than the model's"
        return ""
    if isinstance(theirs, SoundCodec) and isinstance(ours, SoundCodec):
        if found := differences(theirs.convention, ours.convention):
            return f"it takes frames of another convention: {found}"
        # It learnt from sound that is standardised by the statistics of its first class.
        if theirs.statistics.get(classes[0]) != ours.statistics.get(classes[0]):
            return f"it learnt from other recordings of {classes[0]} than the model"
        return ""
    return f"it was trained on {holds(theirs)}, and the model on {holds(ours)}"
