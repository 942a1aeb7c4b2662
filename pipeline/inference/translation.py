"""Translate samples of any height and width."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from pipeline.capabilities import Translator
from pipeline.inference.chunks import translate_in_chunks
from pipeline.inference.tiling import rounded_up, translate_in_tiles
from pipeline.nn.shapes import multiples_of

SMALLEST = 8
"""Pixels or frames: below, reflection padding inside the networks has nothing to mirror."""
WHOLE = 2**20
"""Pixels that are translated in one pass; more go in tiles."""


def translate_any_size(model: Translator, x: Tensor, to: str) -> Tensor:
    """Call `Translator.translate` for samples [N, C, H, W] of any height and width.

    Pads by reflection to what the network's strides need, and cuts the result back. Sound goes
    through in chunks where the model has a ``chunk``, and samples of more than `WHOLE` pixels in
    tiles, so memory is bounded.
    """
    height, width = x.shape[-2:]
    below, right = (
        rounded_up(max(side, SMALLEST), multiple) - side
        for side, multiple in zip((height, width), multiples_of(model), strict=True)
    )
    mode = "reflect" if below < height and right < width else "replicate"
    if below or right:  # a large picture is not copied without need
        x = pad(x, (0, right, 0, below), mode=mode)
    chunk = getattr(model, "chunk", None)
    if chunk is not None and x.shape[-1] > chunk:
        y = translate_in_chunks(model, x, to, chunk)
    elif x.shape[-2] * x.shape[-1] <= WHOLE:
        y = model.translate(x, to)
    else:
        tiled = [translate_in_tiles(model, sample, to) for sample in torch.split(x, 1)]
        y = tiled[0] if len(tiled) == 1 else torch.cat(tiled)
    return y[..., :height, :width]
