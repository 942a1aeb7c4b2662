"""What a model makes of fixed items and seeds: drawn while it trains and kept when it is done."""

import copy
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor, nn

from pipeline.capabilities import Reconstructor, Sampler, Translator, Vocoder
from pipeline.codecs import MelCodec
from pipeline.codecs.image import Picture
from pipeline.datasets.store import Store
from pipeline.figures import grid
from pipeline.inference.finished import translate_any_size

SHOWN = 8
FRAMES = 128  # of sound
LOUDEST = 3.0  # deviations of a mel bin that are drawn white


class Look(NamedTuple):
    """One thing that a model does, seen on a few items; tensors are [n, C, H, W]."""

    name: str
    """``horse to zebra``, or ``samples``."""
    output: Tensor
    real: Tensor
    """Items of the domain that outputs should belong to."""
    source: Tensor | None
    """What the outputs were made of."""
    rows: tuple[Tensor, ...]
    """What to draw: source, output, the way back and the true counterpart, as far as there are."""


@torch.no_grad()
def looks(model: nn.Module, store: Store, domain: str) -> list[Look]:
    """Looks at each direction of a translator, at a sampler's samples of ``domain``, at a
    vocoder's copies of its clips, or at reconstructions of its items.

    None for other models. A copy is looked at: dropout and batch norm leave no trace in ``model``.
    """
    model = copy.deepcopy(model).eval()
    if isinstance(model, Translator):
        return [look_through(model, store, to) for to in model.directions]
    if isinstance(model, Sampler):
        samples = model.sample(SHOWN * SHOWN, Generator().manual_seed(0))
        rows = tuple(torch.split(samples, SHOWN))
        return [Look("samples", samples, first(store, domain, len(samples)), None, rows)]
    if isinstance(model, Vocoder):
        return [look_at_copies(model, store, domain)]
    if isinstance(model, Reconstructor):
        return [look_at_reconstructions(model, store, domain)]
    return []


def look_through(model: Translator, store: Store, to: str) -> Look:
    """One direction of a translator, on the first test items."""
    of = model.directions[to]
    assert isinstance(model, nn.Module)
    source = first(store, of).to(next(model.parameters()).device)
    output = translate_any_size(model, source, to)
    rows = [source, output]
    if of in model.directions:
        rows.append(translate_any_size(model, output, of))
    real = first(store, to)
    if store.has("test", of) and store.has("test", to) and store.aligned("test", of, to):
        rows.append(real)
    return Look(f"{of} to {to}", output, real, source, tuple(rows))


def look_at_copies(model: Vocoder, store: Store, domain: str) -> Look:
    """The first test clips of a domain, and the spectrograms of what a vocoder makes of theirs."""
    codec = store.codec
    assert isinstance(model, nn.Module)
    assert isinstance(codec, MelCodec)
    real = first(store, domain)
    frames = codec.from_sample(real, domain).transpose(1, 2)
    waves = model.vocode(frames.to(next(model.parameters()).device)).float().cpu()
    waves = waves.nan_to_num()  # where numbers end, the loop says it
    output = torch.stack([codec.encode(wave, domain) for wave in waves])
    return Look(f"copies of {domain}", output, real, real, (real, output))


def look_at_reconstructions(model: Reconstructor, store: Store, domain: str) -> Look:
    """The first test items of a domain, there and back."""
    assert isinstance(model, nn.Module)
    real = first(store, domain).to(next(model.parameters()).device)
    output = model.reconstruct(real)
    return Look("reconstructions", output, real, real, (real, output))


def draw(seen: list[Look], sound: bool) -> Picture | None:
    """uint8 [H, W, 3] of every row of the looks; None where there is nothing to see.

    ``sound``: rows are standardised spectrograms, drawn with low frequencies at the bottom.
    """
    rows = [row for look in seen for row in look.rows]
    if not rows:
        return None
    return grid([row.flip(-2) / LOUDEST for row in rows] if sound else rows)


def first(store: Store, domain: str, count: int = SHOWN) -> Tensor:
    """The first items of a domain's test split, sound cut or padded to one length."""
    reader = store.domain("test" if store.has("test", domain) else "train", domain)
    if isinstance(store.codec, MelCodec):
        count //= 2
    items = [reader.item(index) for index in range(min(count, len(reader)))]
    if isinstance(store.codec, MelCodec):
        items = [np.resize(item, (FRAMES, item.shape[1])) for item in items]
    return store.codec.to_sample(torch.from_numpy(np.stack(items)), domain)
