"""Draw samples with finished models: pictures, or mel spectrograms and the sound of them."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.capabilities import Sampler, Vocoder
from pipeline.codecs import ImageCodec, PointCodec, SoundCodec
from pipeline.codecs.image import Picture
from pipeline.codecs.mel import Wave
from pipeline.errors import UserError
from pipeline.figures import draw_points, grid
from pipeline.inference.finished import FinishedModel, as_sampler, unable
from pipeline.inference.vocoders import fitting
from pipeline.models.sampling import sample_labelled

AT_ONCE = 64
"""Samples that are drawn in one pass."""
SILENCE = 0.25
"""Seconds between two samples of sound in one file."""


def draw_samples(
    finished: FinishedModel,
    n: int,
    seed: int,
    label: str | None = None,
    options: Mapping[str, float] | None = None,
) -> Iterator[Tensor]:
    """Draw ``n`` samples in batches [at most `AT_ONCE`, C, H, W]; equal seeds give equal samples.

    ``label``: the class to draw, where the model has classes; None: its own mixture. ``options``:
    values by the names of `Sampler.options`. Raises UserError where the model is no sampler, has no
    such class, or does not take an option or its value.
    """
    for samples, _ in draw_labelled(finished, n, seed, label, options):
        yield samples


@torch.inference_mode()
def draw_labelled(
    finished: FinishedModel,
    n: int,
    seed: int,
    label: str | None = None,
    options: Mapping[str, float] | None = None,
) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Draw the batches of `draw_samples` with the classes [N] that they are of, None without."""
    model = as_sampler(finished)
    number = None if label is None else number_of_class(finished, label)
    given: dict[str, Any] = checked_options(finished, model, options or {})
    generator = torch.Generator().manual_seed(seed)
    for done in range(0, n, AT_ONCE):
        count = min(AT_ONCE, n - done)
        condition = None if number is None else torch.full((count,), number)
        samples, labels = sample_labelled(model, count, generator, condition, **given)
        yield samples.cpu(), labels


def checked_options(
    finished: FinishedModel, model: Sampler, given: Mapping[str, float]
) -> dict[str, float]:
    """Return the options; raise UserError where the model takes none of that name or value."""
    taken = {option.name: option for option in model.options}
    for name, value in given.items():
        if name not in taken:
            found = ", ".join(taken) or "none"
            raise UserError(f"'{finished.name}' takes no {name}; it takes: {found}")
        option = taken[name]
        if not option.least <= value <= option.most:
            raise UserError(
                f"{name}: found {value:g}, allowed: {option.least:g} to {option.most:g}"
            )
    return dict(given)


def classes_of(finished: FinishedModel) -> list[str]:
    """List the classes that samples of a model can be asked to be of, by name or number."""
    count, names = as_sampler(finished).classes, finished.card.data.classes
    return list(names[:count]) if len(names) >= count else [str(i) for i in range(count)]


def number_of_class(finished: FinishedModel, name: str) -> int:
    """Return the index of one of `classes_of`; raise UserError where it is none of them."""
    known = classes_of(finished)
    if not known:
        raise unable(finished, "sample a class: it was trained without")
    if name not in known:
        raise UserError(f"'{finished.name}' knows no class '{name}'; it knows: {', '.join(known)}")
    return known.index(name)


def sample_grid(
    finished: FinishedModel,
    n: int,
    seed: int,
    label: str | None = None,
    options: Mapping[str, float] | None = None,
) -> Picture:
    """Draw `draw_samples` as one picture uint8 [height, width, 3], as square as may be; points on
    a map that reaches as far as they do.

    Raises UserError as it does, and where the samples are sound.
    """
    if isinstance(finished.codec, PointCodec):
        points = torch.cat(list(draw_samples(finished, n, seed, label, options))).flatten(1)
        return draw_points(points[:0], points, 1.1 * float(points.abs().max()))
    if not isinstance(finished.codec, ImageCodec):
        as_sampler(finished)
        raise unable(finished, "sample pictures: it samples sound, so name a .wav file")
    return square_grid(torch.cat(list(draw_samples(finished, n, seed, label, options))))


def square_grid(samples: Tensor) -> Picture:
    """Arrange samples [N, C, H, W] as one picture uint8 [height, width, 3], nearly square."""
    across = math.ceil(math.sqrt(len(samples)))
    return grid([samples[first : first + across] for first in range(0, len(samples), across)])


def sample_waves(
    finished: FinishedModel,
    n: int,
    seed: int,
    label: str | None = None,
    options: Mapping[str, float] | None = None,
    vocoder: Vocoder | None = None,
) -> Iterator[Wave]:
    """Draw the sound of `draw_samples`: float32 [samples] each, at the codec's rate.

    Each is decoded as of its `domain_of`, by Griffin-Lim where ``vocoder`` is None. Raises
    UserError as `draw_samples` does, and where the samples are no sound, or of WORLD's features,
    or the vocoder takes other frames.
    """
    codec = finished.codec
    if not isinstance(codec, SoundCodec):
        as_sampler(finished)
        drawn = "points" if isinstance(codec, PointCodec) else "pictures"
        raise unable(finished, f"sample sound: it samples {drawn}, so name a .png file")
    voice = fitting(vocoder, codec.convention)
    for samples, labels in draw_labelled(finished, n, seed, label, options):
        for number, sample in enumerate(samples):
            of = None if labels is None else int(labels[number])
            frames = codec.from_sample(sample[None], domain_of(finished, of)).transpose(1, 2)
            with torch.inference_mode():
                yield voice.vocode(frames.to(finished.device))[0].float().cpu().numpy()


def domain_of(finished: FinishedModel, label: int | None) -> str:
    """Return the domain that a sample of class ``label`` is of.

    Where the domains are no classes of the model, a sample could be of any: the first one's mean
    and std of every mel bin then stand for all.
    """
    domains = finished.params.domains
    if label is None or not tells_domains_apart(finished):
        return domains[0]
    return domains[label]


def tells_domains_apart(finished: FinishedModel) -> bool:
    """Tell whether the classes that are drawn are the domains that the model was trained on."""
    domains, classes = finished.params.domains, finished.card.data.classes
    return len(domains) > 1 and as_sampler(finished).classes > 0 and classes == domains


def joined(waves: list[Wave], rate: int) -> Wave:
    """Join sounds [samples] to one, `SILENCE` between two."""
    gap = np.zeros(round(SILENCE * rate), np.float32)
    parts = [part for wave in waves for part in (wave, gap)]
    return np.concatenate(parts[:-1])
