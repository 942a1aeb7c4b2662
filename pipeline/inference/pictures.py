"""Translate pictures with finished models, in styles where they take them."""

from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pipeline.capabilities import Stylist, Translator
from pipeline.codecs import ImageCodec
from pipeline.codecs.image import Picture, fit_square
from pipeline.inference.directions import choose_source, choose_target
from pipeline.inference.finished import FinishedModel, as_translator, unable
from pipeline.inference.translation import translate_any_size
from pipeline.models.translators import InStyle


@torch.inference_mode()
def with_style(finished: FinishedModel, picture: Picture) -> FinishedModel:
    """Put the model in the style of a picture uint8 [H, W, 3] of the domain that it leads to.

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
    """Crop the middle of a picture uint8 [H, W, 3] as the model was trained on it: [1, C, S, S].

    Raises ValueError where the picture is smaller than that.
    """
    shown = with_channels(fit_square(picture, codec.size)[None], codec.channels[domain])
    return codec.to_sample(torch.from_numpy(shown), domain).to(finished.device)


def check_pictures(finished: FinishedModel, pictures: Picture, source: str) -> None:
    """Check pictures uint8 [..., H, W, 3] of a domain that the model translates from.

    Raises ValueError with the reason where the domain's are label maps, and these are none.
    """
    codec = finished.codec
    if isinstance(codec, ImageCodec) and source in codec.labels:
        codec.labels[source].check(pictures)


def translate_picture(
    finished: FinishedModel, picture: Picture, to: str, of: str | None = None
) -> Picture:
    """Translate a picture uint8 [H, W, 3] of any size: same shape.

    ``of``: its domain; None: the one that leads to ``to``. Raises UserError where the model does
    not translate pictures of it to ``to``, and ValueError where it reads label maps and this is
    none.
    """
    translated: Picture = translate_pictures(finished, picture[None], to, of)[0]
    return translated


@torch.inference_mode()
def translate_pictures(
    finished: FinishedModel, pictures: Picture, to: str, of: str | None = None
) -> Picture:
    """Translate pictures uint8 [N, H, W, 3] of one size and one domain: same shape.

    A picture's translation depends neither on its neighbours nor on what was translated before,
    also where the model keeps dropout and batch statistics on. ``of``, and what is raised: see
    `translate_picture`.
    """
    model, to, codec = as_translator(finished), choose_target(finished, to), finished.codec
    if not isinstance(codec, ImageCodec):
        raise unable(finished, "translate pictures")
    source = choose_source(finished, to, of)
    check_pictures(finished, pictures, source)
    stored = torch.from_numpy(with_channels(pictures, codec.channels[source]))
    x = codec.to_sample(stored, source).to(finished.device)
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


def with_channels(pictures: Picture, channels: int) -> Picture:
    """Convert [N, H, W, 3] to [N, H, W, channels], of which there may be 3, or 1 for grey."""
    if channels == 3:
        return np.array(pictures)  # a copy: torch warns of arrays that can't be written to
    return np.stack([np.array(Image.fromarray(p).convert("L"))[:, :, None] for p in pictures])
