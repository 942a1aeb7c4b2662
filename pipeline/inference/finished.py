"""Finished models, loaded and ready to use: any picture size, any length of sound."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn.functional import pad

from pipeline.capabilities import (
    Sampler,
    Stylist,
    Translator,
    Vocoder,
    capabilities,
    sampling_options,
)
from pipeline.codecs import Codec, ImageCodec
from pipeline.codecs.image import Picture, fit_square
from pipeline.errors import UserError
from pipeline.figures import grid
from pipeline.inference.chunks import translate_in_windows
from pipeline.inference.tiling import translate_in_tiles
from pipeline.methods.base import RunParams, TranslatorRunParams
from pipeline.models.translators import InStyle
from pipeline.nn.folding import folded
from pipeline.params import load_run
from pipeline.training.checkpoints import Card, read_card, read_codec, read_weights

SMALLEST = (
    8  # pixels or frames: below, reflection padding inside the networks has nothing to mirror
)
WHOLE = 2**20  # pixels that are translated in one pass; more go in tiles
AT_ONCE = 64  # samples that are drawn in one pass


@dataclass(frozen=True)
class FinishedModel:
    """A trained model with what it takes to use it."""

    name: str
    model: nn.Module
    params: RunParams
    codec: Codec
    card: Card

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What it can do."""
        return capabilities(self.model)


def load(folder: Path, device: torch.device | None = None) -> FinishedModel:
    """Loads a finished model in evaluation mode.

    Raises UserError where ``folder`` holds none, or one of another version.
    """
    finished = _build(folder, torch.device("cpu"))
    try:
        read_weights(folder, finished.model)
    except (RuntimeError, OSError, SafetensorError) as error:
        raise _unusable(folder, error) from error
    finished.model.to(device or torch.device("cpu"))
    return finished


def outline(folder: Path) -> FinishedModel:
    """A finished model without its weights: cheap, tells what it can do, and does nothing.

    Raises UserError as `load` does.
    """
    return _build(folder, torch.device("meta"))


def _build(folder: Path, device: torch.device) -> FinishedModel:
    if not (folder / "params.json").is_file():
        raise UserError(f"expected a finished model at {folder}: no params.json there")
    try:
        card = read_card(folder)
        params = load_run(card.run)
        codec = read_codec(folder)
        with device:
            model = folded(params.build_model(card.specs, card.classes))
    except (ValueError, KeyError, RuntimeError, OSError) as error:
        raise _unusable(folder, error) from error
    return FinishedModel(folder.name, model.eval(), params, codec, card)


def _unusable(folder: Path, error: Exception) -> UserError:
    return UserError(f"{folder} can't be loaded by this version: {error}")


def find_models(root: Path) -> list[Path]:
    """The folders of finished models below ``root``, by name."""
    return sorted(card.parent for card in root.glob("[!.]*/params.json"))


def find_model(name: str, root: Path) -> Path:
    """The folder of a model that is given as a path or as a name below ``root``.

    Raises UserError with the names that there are.
    """
    for folder in (Path(name), root / name):
        if (folder / "params.json").is_file():
            return folder
    known = ", ".join(folder.name for folder in find_models(root)) or "none"
    raise UserError(
        f"no finished model '{name}': neither a model's folder nor a name below {root} "
        f"(there: {known})"
    )


def as_translator(finished: FinishedModel) -> Translator:
    """The model as a translator; raises UserError where it is none."""
    if not isinstance(finished.model, Translator):
        raise unable(finished, "translate")
    return finished.model


def as_sampler(finished: FinishedModel) -> Sampler:
    """The model as a sampler of pictures; raises UserError where it is none."""
    if not isinstance(finished.model, Sampler) or not isinstance(finished.codec, ImageCodec):
        raise unable(finished, "sample pictures")
    return finished.model


def as_vocoder(finished: FinishedModel) -> Vocoder:
    """The model as a vocoder; raises UserError where it is none."""
    if not isinstance(finished.model, Vocoder):
        raise unable(finished, "turn mel frames into sound")
    return finished.model


def unable(finished: FinishedModel, what: str) -> UserError:
    able = ", ".join(finished.capabilities) or "nothing else"
    return UserError(f"'{finished.name}' can't {what}; it can: {able}")


def choose_target(finished: FinishedModel, to: str | None = None) -> str:
    """``to``, or for None the domain that the model was first of all trained to reach.

    Raises UserError where no direction leads to ``to``, with those that there are.
    """
    targets = list(as_translator(finished).directions)
    if to is None:
        run = finished.params
        to = run.target if isinstance(run, TranslatorRunParams) else targets[0]
    if to not in targets:
        raise UserError(f"'{finished.name}' leads to {' and '.join(targets)}, not to '{to}'")
    return to


@torch.inference_mode()
def with_style(finished: FinishedModel, picture: Picture) -> FinishedModel:
    """The model in the style of a picture uint8 [H, W, 3] of the domain that it leads to.

    Raises UserError where it takes no styles, and ValueError for a picture smaller than those it
    was trained on.
    """
    model, codec = finished.model, finished.codec
    if not isinstance(model, Stylist) or not isinstance(codec, ImageCodec):
        raise unable(finished, "take a style")
    to = choose_target(finished)
    sample = to_sample(finished, codec, picture, to)
    return replace(finished, model=InStyle(model, model.encode_style(sample)))


def to_sample(finished: FinishedModel, codec: ImageCodec, picture: Picture, domain: str) -> Tensor:
    """The middle of a picture uint8 [H, W, 3] as the model was trained on it: [1, C, S, S].

    Raises ValueError where the picture is smaller than that.
    """
    shown = _with_channels(fit_square(picture, codec.size)[None], codec.channels[domain])
    return codec.to_sample(torch.from_numpy(shown), domain).to(device_of(finished))


def translate_any_size(model: Translator, x: Tensor, to: str) -> Tensor:
    """`Translator.translate` for samples [N, C, H, W] of any height and width.

    Pads by reflection to what the network's strides need, and cuts the result back. Sound goes
    through in windows where the model has a ``window``, and samples of more than `WHOLE` pixels in
    tiles, so memory is bounded.
    """
    multiple = int(getattr(model, "multiple", 1))
    height, width = x.shape[-2:]
    below, right = (
        -(-max(side, SMALLEST) // multiple) * multiple - side for side in (height, width)
    )
    mode = "reflect" if below < height and right < width else "replicate"
    if below or right:  # a large picture is not copied without need
        x = pad(x, (0, right, 0, below), mode=mode)
    window = getattr(model, "window", None)
    if window is not None and x.shape[-1] > window:
        y = translate_in_windows(model, x, to, window)
    elif x.shape[-2] * x.shape[-1] <= WHOLE:
        y = model.translate(x, to)
    else:
        tiled = [translate_in_tiles(model, sample, to) for sample in torch.split(x, 1)]
        y = tiled[0] if len(tiled) == 1 else torch.cat(tiled)
    return y[..., :height, :width]


def translate_picture(finished: FinishedModel, picture: Picture, to: str) -> Picture:
    """A picture uint8 [H, W, 3] of any size -> its translation, same shape.

    Raises UserError where the model does not translate pictures to ``to``.
    """
    translated: Picture = translate_pictures(finished, picture[None], to)[0]
    return translated


@torch.inference_mode()
def translate_pictures(finished: FinishedModel, pictures: Picture, to: str) -> Picture:
    """Pictures uint8 [N, H, W, 3] of one size -> translations, same shape.

    A picture's translation depends neither on its neighbours nor on what was translated before,
    also where the model keeps dropout and batch statistics on.
    """
    model, to, codec = as_translator(finished), choose_target(finished, to), finished.codec
    if not isinstance(codec, ImageCodec):
        raise unable(finished, "translate pictures")
    source = model.directions[to]
    stored = torch.from_numpy(_with_channels(pictures, codec.channels[source]))
    x = codec.to_sample(stored, source).to(device_of(finished))
    if getattr(model, "mode", "eval") == "eval":
        y = translate_any_size(model, x, to)
    else:
        y = torch.cat([_seeded(model, sample[None], to) for sample in x])
    translated = codec.from_sample(y, to)
    return np.repeat(translated, 3, axis=3) if translated.shape[3] == 1 else translated


def _seeded(model: Translator, x: Tensor, to: str) -> Tensor:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return translate_any_size(model, x, to)


def _with_channels(pictures: Picture, channels: int) -> Picture:
    """[N, H, W, 3] -> [N, H, W, channels], of which there may be 3, or 1 for grey."""
    if channels == 3:
        return np.array(pictures)  # a copy: torch warns of arrays that can't be written to
    return np.stack([np.array(Image.fromarray(p).convert("L"))[:, :, None] for p in pictures])


def sample_grid(
    finished: FinishedModel,
    n: int,
    seed: int,
    label: str | None = None,
    options: Mapping[str, float] | None = None,
) -> Picture:
    """`draw_samples` as one picture uint8 [height, width, 3], as square as may be."""
    return square_grid(torch.cat(list(draw_samples(finished, n, seed, label, options))))


@torch.inference_mode()
def draw_samples(
    finished: FinishedModel,
    n: int,
    seed: int,
    label: str | None = None,
    options: Mapping[str, float] | None = None,
) -> Iterator[Tensor]:
    """``n`` samples in batches [at most `AT_ONCE`, C, H, W]; equal seeds give equal samples.

    ``label``: the class to draw, where the model has classes; None: its own mixture. ``options``:
    see `SAMPLING_OPTIONS`. Raises UserError where the model draws no pictures, has no such class,
    or does not take an option.
    """
    model = as_sampler(finished)
    number = None if label is None else number_of_class(finished, label)
    given: dict[str, Any] = dict(options or {})
    taken = sampling_options(model)
    if unknown := sorted(given.keys() - taken.keys()):
        found = ", ".join(taken) or "none"
        raise UserError(f"'{finished.name}' takes no {', '.join(unknown)}; it takes: {found}")
    generator = torch.Generator().manual_seed(seed)
    for done in range(0, n, AT_ONCE):
        count = min(AT_ONCE, n - done)
        condition = None if number is None else torch.full((count,), number)
        yield model.sample(count, generator, condition, **given).cpu()


def classes_of(finished: FinishedModel) -> list[str]:
    """What a model's samples can be asked to be: names, or numbers where classes have none."""
    count, names = as_sampler(finished).classes, finished.card.classes
    return list(names[:count]) if len(names) >= count else [str(i) for i in range(count)]


def number_of_class(finished: FinishedModel, name: str) -> int:
    """The index of one of `classes_of`; raises UserError where it is none of them."""
    known = classes_of(finished)
    if not known:
        raise unable(finished, "be asked for a class: it was trained without")
    if name not in known:
        raise UserError(f"'{finished.name}' knows no class '{name}'; it knows: {', '.join(known)}")
    return known.index(name)


def square_grid(samples: Tensor) -> Picture:
    """Samples [N, C, H, W] as one picture uint8 [height, width, 3], as square as may be."""
    across = math.ceil(math.sqrt(len(samples)))
    return grid([samples[first : first + across] for first in range(0, len(samples), across)])


def device_of(finished: FinishedModel) -> torch.device:
    """Where the model's weights are."""
    return next(finished.model.parameters()).device
