"""Previews of a model on fixed items and seeds: drawn while it trains, kept when it is done."""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor, nn

from pipeline.capabilities import Reconstructor, Sampler, Translator, Vocoder
from pipeline.codecs import Codec, MelCodec, PointCodec, SoundCodec
from pipeline.codecs.image import Picture
from pipeline.datasets.store import Store
from pipeline.figures import draw_points, drawable_mels, grid
from pipeline.inference.translation import translate_any_size
from pipeline.samples import DatasetSpec
from pipeline.training.course import BEYOND

SHOWN = 8
DIRECTIONS = 8
"""Of a translator, at most: a model of many speakers has hundreds."""
FRAMES = 128
"""Of sound whose width is free."""
POINTS = 1000
"""Samples and items, where they are points."""
SAMPLES = "samples"
"""The preview of a sampler."""


class Preview(NamedTuple):
    """One thing that a model does, seen on a few items; tensors are [n, C, H, W]."""

    name: str
    """``horse to zebra``, or ``samples``."""
    output: Tensor
    real: Tensor
    """Items of the domain that outputs should belong to."""
    source: Tensor | None
    """The inputs of the outputs."""
    rows: tuple[Tensor, ...]
    """Rows to draw: source, output, the way back and the true counterpart, as far as there are."""


class Items:
    """The first items of a data set's test split, as a model takes them."""

    def __init__(self, store: Store, data: DatasetSpec, device: torch.device) -> None:
        self.store, self.data, self.device = store, data, device

    def first(self, domain: str, count: int = SHOWN) -> Tensor:
        """Read items of a domain [n, C, H, W], sound cut or repeated to one length."""
        reader = self.store.domain("test" if self.store.has("test", domain) else "train", domain)
        sound = isinstance(self.store.codec, SoundCodec)
        count = min(count // 2 if sound else count, len(reader))
        items = [reader.item(index) for index in range(count)]
        if sound:
            frames = self.data.specs[domain].width or FRAMES
            items = [np.resize(item, (frames, item.shape[1])) for item in items]
        sample = self.store.codec.to_sample(torch.from_numpy(np.stack(items)), domain)
        return sample.to(self.device)


def preview_directions(model: Translator, items: Items) -> list[Preview]:
    """Translate the first test items in each direction, or in `DIRECTIONS` evenly among them."""
    pairs = model.pairs()
    count = min(DIRECTIONS, len(pairs))
    chosen = [pairs[place * len(pairs) // count] for place in range(count)]
    return [preview_direction(model, items, of, to) for of, to in chosen]


def preview_direction(model: Translator, items: Items, of: str, to: str) -> Preview:
    """Translate the first test items in one direction, and back where it goes both ways."""
    store, source = items.store, items.first(of)
    output = translate_any_size(model, source, to)
    rows = [source, output]
    if model.leads(to, of):
        rows.append(translate_any_size(model, output, of))
    real = items.first(to)
    if store.has("test", of) and store.has("test", to) and store.aligned("test", of, to):
        rows.append(real)
    return Preview(f"{of} to {to}", output, real, source, tuple(rows))


def preview_samples(model: Sampler, items: Items) -> list[Preview]:
    """Draw samples of a fixed seed."""
    points = isinstance(items.store.codec, PointCodec)
    samples = model.sample(POINTS if points else SHOWN * SHOWN, Generator().manual_seed(0))
    real = items.first(next(reversed(items.data.specs)), len(samples))
    rows = (real, samples) if points else tuple(torch.split(samples, SHOWN))
    return [Preview(SAMPLES, samples, real, None, rows)]


def preview_copies(model: Vocoder, items: Items) -> list[Preview]:
    """Vocode the frames of the first test clips, and analyse the sound again."""
    codec, domain = items.store.codec, next(reversed(items.data.specs))
    assert isinstance(codec, MelCodec)
    real = items.first(domain).cpu()
    frames = codec.from_sample(real, domain).transpose(1, 2)
    waves = model.vocode(frames.to(items.device)).float().cpu()
    waves = waves.nan_to_num()  # where a value became NaN, the loop says so
    output = torch.stack([codec.encode(wave, domain) for wave in waves])
    return [Preview(f"copies of {domain}", output, real, real, (real, output))]


def preview_reconstructions(model: Reconstructor, items: Items) -> list[Preview]:
    """Reconstruct the first test items."""
    real = items.first(next(reversed(items.data.specs)))
    output = model.reconstruct(real)
    return [Preview("reconstructions", output, real, real, (real, output))]


PREVIEWS: tuple[tuple[type, Callable[[Any, Items], list[Preview]]], ...] = (
    (Translator, preview_directions),
    (Sampler, preview_samples),
    (Vocoder, preview_copies),
    (Reconstructor, preview_reconstructions),
)
"""The previews of a capability; every entry that matches a model runs."""


@torch.no_grad()
def preview(model: nn.Module, store: Store, data: DatasetSpec) -> list[Preview]:
    """Preview whatever a model can do; nothing for other models.

    A copy is asked: dropout and batch norm leave no trace in ``model``.
    """
    model = copy.deepcopy(model).eval()
    items = Items(store, data, next(model.parameters()).device)
    return [
        found
        for capability, show in PREVIEWS
        if isinstance(model, capability)
        for found in show(model, items)
    ]


def draw(previews: list[Preview], codec: Codec, field: Tensor | None = None) -> Picture | None:
    """Draw every row of the previews: uint8 [H, W, 3]; None where there is nothing to see.

    Sound, by its ``codec``, as standardised spectrograms with low frequencies at the bottom. Points
    on a map, those of the first preview, beside the data's and over the ``field`` [P] of a
    discriminator.
    """
    if isinstance(codec, PointCodec) and previews:
        shown = previews[0]
        reach = BEYOND * float(shown.real.abs().max())
        return draw_points(shown.real.flatten(1), shown.output.flatten(1), reach, field)
    rows = [row.cpu() for found in previews for row in found.rows]
    if not rows:
        return None
    if isinstance(codec, SoundCodec):
        rows = [drawable_mels(codec.spectra(row)) for row in rows]
    return grid(rows)
