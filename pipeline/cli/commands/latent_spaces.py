"""Options of commands about latents, the space that they move in, the classifier they ask."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from pipeline.capabilities import Classifier, LatentSampler, Sampler
from pipeline.codecs import SoundCodec, holds
from pipeline.conventions import differences
from pipeline.errors import UserError
from pipeline.inference.finished import FinishedModel, as_classifier, load, unable
from pipeline.inference.sampling import checked_options, number_of_class
from pipeline.latent.opening import space_of
from pipeline.latent.spaces import Kind, Space
from pipeline.system.hardware import device


@dataclass(frozen=True)
class Setup:
    """Options of every command about latents."""

    folder: Path
    """The finished model's."""
    out: Path
    """A picture, a film, sound or a table."""
    seed: int = 0
    """Of the start where none is given, and of whatever else is drawn."""
    n: int | None = None
    """Samples of each way, both ends among them; None: as `latent_files.how_many` says."""
    label: str | None = None
    """The name of the class of all samples; None: the first, where there are classes."""
    kind: str | None = None
    """Of latents; None: the model's usual one."""
    steps: int = 500
    """Of inversion."""
    vocoder: Path | None = None
    """The folder of a finished one, for sound."""
    options: Mapping[str, float] = field(default_factory=dict)
    """By which draws are truncated: `TRUNCATION` and `PSI`, by their names."""


@contextmanager
def naming_model(finished: FinishedModel) -> Iterator[None]:
    """Raise what can't be done with a model's latents as UserError with the model's name."""
    try:
        yield
    except ValueError as error:
        raise UserError(f"'{finished.name}': {error}") from error


def open_space(finished: FinishedModel, setup: Setup) -> Space:
    """Return the space of a model's latents that a command asks for; see `latent.space_of`.

    Raises UserError where the model has no latents, or none of such a kind, class or option.
    """
    kind, label, options = setup.kind, setup.label, setup.options
    if kind is not None and kind not in get_args(Kind):
        raise UserError(f"--space {kind}: allowed: {', '.join(get_args(Kind))}")
    number = None if label is None else number_of_class(finished, label)
    if options:
        if not isinstance(finished.model, Sampler):
            raise unable(finished, f"draw samples, so it takes no {', '.join(options)}")
        checked_options(finished, finished.model, options)
    chosen: Kind | None = next((one for one in get_args(Kind) if one == kind), None)
    try:
        return space_of(finished.model, chosen, label=number, **options)
    except ValueError as error:
        raise unable(finished, f"move through latents: {error}") from error


def class_held(finished: FinishedModel, label: str | None) -> str:
    """Say of which class all samples are, where nobody asked and the model has classes; else ""."""
    model = finished.model
    if label is not None or not isinstance(model, LatentSampler) or not model.classes:
        return ""
    return " (of the first class; --class names another)"


def load_classifier(folder: Path, finished: FinishedModel) -> Classifier:
    """Load the classifier in ``folder``.

    Raises UserError where there is none, or it reads other samples than ``finished`` makes.
    """
    found = load(folder, device())
    classifier = as_classifier(found)
    kinds = holds(finished.codec), holds(found.codec)
    specs = [next(iter(one.card.data.specs.values())) for one in (finished, found)]
    if kinds[0] != kinds[1] or not specs[0].same_kind(specs[1]):
        raise UserError(
            f"--classifier {folder} reads {kinds[1]} of {specs[1].channels} channel(s), but "
            f"{finished.name} makes {kinds[0]} of {specs[0].channels}"
        )
    own, read = finished.codec, found.codec
    if not isinstance(own, SoundCodec) or not isinstance(read, SoundCodec):
        return classifier
    if apart := differences(read.convention, own.convention):
        raise UserError(f"--classifier {folder} reads frames of another convention: {apart}")
    return classifier


def class_number(classifier: Classifier, name: str, flag: str) -> int:
    """Return the number of a classifier's class; raise UserError, naming them, for another."""
    names = classifier.class_names
    if name not in names:
        raise UserError(f"{flag} {name}: the classifier knows {', '.join(names)}")
    return names.index(name)
