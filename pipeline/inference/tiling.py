"""Pictures too large for one pass: translated in overlapping tiles, with one picture's statistics.

A normalisation layer that takes its mean and variance from what it is given would see another
picture in each tile, and colours would jump from tile to tile. So pieces from all over the
picture go through the network first, together, and the statistics that they have in common are
those of every tile.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm

from pipeline.capabilities import Translator
from pipeline.nn.normalisation import GroupNorm, InstanceNorm
from pipeline.nn.shapes import multiples_of

TILE = 512  # pixels of a tile's own
MARGIN = 96  # pixels around them that a tile sees too: ResNet-9's field of view
PIECE, PIECES = 256, 16  # sides and number of what statistics are taken from: a million pixels
EPSILON = 1e-5  # of torch's normalisation layers


@dataclass(frozen=True)
class Span:
    """Along one side: what a tile sees, ``start`` to ``stop``, and what of it is its own."""

    start: int
    stop: int
    own_start: int
    own_stop: int


def spans(length: int, tile: int, margin: int) -> list[Span]:
    """Return the tiles along a side of ``length`` pixels; at its ends they have no margin."""
    return [
        Span(max(own - margin, 0), min(own + tile + margin, length), own, min(own + tile, length))
        for own in range(0, length, tile)
    ]


def fade(span: Span, length: int, margin: int) -> Tensor:
    """Compute weights [stop - start]: 1 on a tile's own, crossing over to neighbours at the seams.

    Weights of all tiles add up to 1 everywhere. The outer half of a margin has weight 0: there
    the network saw its own padding instead of the picture.
    """
    place = torch.arange(span.start, span.stop) + 0.5
    weights = torch.ones(span.stop - span.start)
    if span.own_start > 0:
        weights *= ((place - span.own_start) / margin + 0.5).clamp(0, 1)
    if span.own_stop < length:
        weights *= ((span.own_stop - place) / margin + 0.5).clamp(0, 1)
    return weights


@torch.no_grad()
def translate_in_tiles(
    model: Translator, x: Tensor, to: str, *, tile: int = TILE, margin: int = MARGIN
) -> Tensor:
    """Call `Translator.translate` for one sample [1, C, H, W], sides multiples of its strides.

    Peak memory is that of a tile or of the pieces, beside source and result. The result is that
    of a whole pass but for the statistics, which are an estimate, and for what lies beyond the
    margin in a network's field of view.
    """
    multiple = max(multiples_of(model))
    tile, margin, piece = (rounded_up(length, multiple) for length in (tile, margin, PIECE))
    height, width = x.shape[-2:]
    rows, columns = spans(height, tile, margin), spans(width, tile, margin)
    result: Tensor | None = None
    with shared_statistics(model) as statistics:
        if statistics.layers:
            model.translate(pieces(x, piece, multiple), to)
            statistics.settled = True
        for row in rows:
            for column in columns:
                seen = x[..., row.start : row.stop, column.start : column.stop]
                y = model.translate(seen.contiguous(), to)
                weights = fade(row, height, margin)[:, None] * fade(column, width, margin)
                if result is None:
                    result = y.new_zeros(1, y.shape[1], height, width)
                place = result[..., row.start : row.stop, column.start : column.stop]
                place += y * weights.to(y.device)
    assert result is not None
    return result


def rounded_up(length: int, multiple: int) -> int:
    """Return the least multiple that is no less than ``length``."""
    return -(-length // multiple) * multiple


def pieces(x: Tensor, side: int, multiple: int) -> Tensor:
    """Cut squares [N, C, side, side] from [1, C, H, W], evenly spread; at most `PIECES`."""
    height, width = x.shape[-2:]
    tall, wide = min(side, height), min(side, width)
    down, across = -(-height // tall), -(-width // wide)
    if down * across > PIECES:  # as many as may be, in the picture's proportions
        down = max(1, min(PIECES, round(math.sqrt(PIECES * down / across))))
        across = PIECES // down
    tops, lefts = evenly(height - tall, down, multiple), evenly(width - wide, across, multiple)
    found = [x[0, :, top : top + tall, left : left + wide] for top in tops for left in lefts]
    return torch.stack(found)


def evenly(spare: int, count: int, multiple: int) -> list[int]:
    """Spread ``count`` places from 0 to ``spare``, each a multiple."""
    if count == 1:
        return [spare // 2 // multiple * multiple]
    return [round(spare * n / (count - 1) / multiple) * multiple for n in range(count)]


class Statistics:
    """Statistics that the normalisation layers of a network found over a whole picture."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        self.layers = layers
        self.settled = False
        self._found: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def normalise(self, layer: nn.Module, args: tuple[Tensor, ...], own: Tensor) -> Tensor:
        """Return what ``layer`` is given [N, C, ...], normalised alike in all samples, now and
        later."""
        (x,) = args
        if not self.settled:
            self._found[layer] = statistics_of(layer, x.float())
        mean, variance = self._found[layer]
        weight, bias = getattr(layer, "weight", None), getattr(layer, "bias", None)
        return batch_norm(x, mean, variance, weight, bias, eps=getattr(layer, "eps", EPSILON))


def statistics_of(layer: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Compute mean and variance [C] of each channel of [N, C, ...], or of the group it is in."""
    groups = layer.num_groups if isinstance(layer, GroupNorm) else x.shape[1]
    members = x.shape[1] // groups
    grouped = x.reshape(len(x), groups, members, *x.shape[2:])
    variance, mean = torch.var_mean(grouped, (0, *range(2, grouped.ndim)), correction=0)
    return mean.repeat_interleave(members), variance.repeat_interleave(members)


@contextmanager
def shared_statistics(model: Any) -> Iterator[Statistics]:
    """Let layers that take statistics from their input share them: between pieces, then tiles.

    The first pass settles them.
    """
    layers = [
        module
        for module in model.modules()
        if isinstance(module, InstanceNorm | GroupNorm)
        or (isinstance(module, nn.BatchNorm2d) and getattr(model, "mode", "eval") == "train")
    ]
    statistics = Statistics(layers)
    hooks = [layer.register_forward_hook(statistics.normalise) for layer in layers]
    try:
        yield statistics
    finally:
        for hook in hooks:
            hook.remove()
