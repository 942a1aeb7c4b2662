"""Compression by codes: bits and distortion, beside those of JPEG and WebP.

Bits are what an ideal arithmetic coder would spend by a table of frequencies that was counted on
other samples (Shannon 1948); neither that table nor the network counts. Pictures of other codecs
are compressed together on one sheet, so that their headers and tables count once, too.
"""

import io
import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pipeline.capabilities import Tokenizer
from pipeline.figures import to_rgb
from pipeline.latent.spaces import AT_ONCE
from pipeline.metrics.psnr import psnr

Format = Literal["JPEG", "WEBP"]
BEST: dict[Format, int] = {"JPEG": 95, "WEBP": 100}
"""The largest quality; beyond 95, JPEG files grow without need, says Pillow."""
PRIOR = 0.5
"""Added to each count of a table, so that no symbol is impossible (Krichevsky & Trofimov 1981)."""
STEPS = (2.0, 1.0, 0.5, 0.25)
"""Of quantisation, in standard deviations of codes."""


class Rate(NamedTuple):
    """Bits and distortion of one way to compress pictures."""

    name: str
    bits: float
    """A pixel, whatever its channels."""
    psnr: float
    """dB, the mean over pictures."""


def code_length(symbols: Tensor, counts: Tensor) -> Tensor:
    """Compute -log2 of the probability of symbols [N], by a table of ``counts`` [K]: bits [N]."""
    table = counts.double() + PRIOR
    return -(table / table.sum()).log2()[symbols]


def token_bits(codes: Tensor, learnt: Tensor, size: int) -> float:
    """Compute the mean bits of a sample of codes [N, h, w], by the frequencies of ``learnt``
    [M, h, w]; ``size``: how many codes there are."""
    counts = torch.bincount(learnt.flatten(), minlength=size)
    return float(code_length(codes.flatten(), counts).sum()) / len(codes)


def quantise(codes: Tensor, learnt: Tensor, step: float) -> tuple[Tensor, float]:
    """Round codes [N, Z] to multiples of ``step`` within the range of ``learnt`` [M, Z].

    Returns them, and the mean bits of a sample by the frequencies of ``learnt``, a table for each
    number. Raises ValueError for a step that is not positive.
    """
    if not step > 0:
        raise ValueError(f"step: expected more than 0, found {step}")
    seen = (learnt / step).round().long()
    low, high = seen.amin(dim=0), seen.amax(dim=0)
    symbols = torch.minimum(torch.maximum((codes / step).round().long(), low), high)
    bits = 0.0
    for number in range(codes.shape[1]):
        first = int(low[number])
        counts = torch.bincount(seen[:, number] - first)
        bits += float(code_length(symbols[:, number] - first, counts).sum())
    return symbols * step, bits / len(codes)


@torch.no_grad()
def token_rates(model: Tokenizer, x: Tensor, learnt: Tensor) -> list[Rate]:
    """Measure a tokenizer on pictures ``x`` [N, C, H, W], with frequencies counted on ``learnt``.

    Once with log2 K bits for each code, once with an arithmetic coder's.
    """
    codes = in_passes(model.encode_codes, x)
    quality = psnr(in_passes(model.decode_codes, codes).clamp(-1, 1), x)
    pixels, fixed = x.shape[2] * x.shape[3], codes[0].numel() * math.log2(model.codes)
    coded = token_bits(codes, in_passes(model.encode_codes, learnt), model.codes)
    return [
        Rate("codes of equal length", fixed / pixels, quality),
        Rate("codes by their frequencies", coded / pixels, quality),
    ]


@torch.no_grad()
def latent_rates(
    encode: Callable[[Tensor], Tensor],
    decode: Callable[[Tensor], Tensor],
    x: Tensor,
    learnt: Tensor,
    steps: Sequence[float] = STEPS,
    name: str = "codes",
) -> list[Rate]:
    """Measure an encoder's codes [N, Z] of pictures ``x`` [N, C, H, W], rounded to ``steps``.

    A step is so many standard deviations (root mean square over numbers) of codes of ``learnt``
    [M, C, H, W], which frequencies are counted on.
    """
    codes, known = in_passes(encode, x), in_passes(encode, learnt)
    std = float(known.var(dim=0).mean().sqrt())
    pixels, found = x.shape[2] * x.shape[3], []
    for step in steps:
        rounded, bits = quantise(codes, known, step * std)
        y = in_passes(decode, rounded.to(codes)).clamp(-1, 1)
        found.append(Rate(f"{name}, step {step:g}", bits / pixels, psnr(y, x)))
    return found


def file_rate(x: Tensor, kind: Format, bits: float) -> Rate:
    """Compress pictures ``x`` [N, C, H, W] in [-1, 1] to at most ``bits`` a pixel.

    By the best quality that needs no more; where the lowest needs more, by that, so ``bits`` of
    what is returned says what it took.
    """
    sheet, across = sheet_of(x)
    low, high = 0 if kind == "WEBP" else 1, BEST[kind]
    best = saved(sheet, kind, low)
    while low < high:
        middle = (low + high + 1) // 2
        content = saved(sheet, kind, middle)
        if 8 * len(content) <= bits * sheet.width * sheet.height:
            low, best = middle, content
        else:
            high = middle - 1
    taken = 8 * len(best) / (sheet.width * sheet.height)
    name = "WebP" if kind == "WEBP" else kind
    return Rate(f"{name}, quality {low}", taken, psnr(cut_from(best, x, across), x))


def sheet_of(x: Tensor) -> tuple[Image.Image, int]:
    """Arrange pictures [N, 1 or 3, H, W] without gaps, and say how many are in a row.

    What is left of the last row is filled with the last picture.
    """
    across = math.ceil(math.sqrt(len(x)))
    rows = math.ceil(len(x) / across)
    filled = torch.cat([x, x[-1:].expand(rows * across - len(x), -1, -1, -1)])
    levels = np.stack([to_rgb(one) for one in filled])
    height, width = x.shape[2:]
    whole = levels.reshape(rows, across, height, width, 3).transpose(0, 2, 1, 3, 4)
    sheet = Image.fromarray(np.ascontiguousarray(whole.reshape(rows * height, across * width, 3)))
    return (sheet.convert("L") if x.shape[1] == 1 else sheet), across


def saved(sheet: Image.Image, kind: Format, quality: int) -> bytes:
    """Encode a sheet; JPEG with Huffman tables of its own, WebP by its slowest search."""
    content = io.BytesIO()
    if kind == "JPEG":
        sheet.save(content, kind, quality=quality, optimize=True)
    else:
        sheet.save(content, kind, quality=quality, method=6)
    return content.getvalue()


def cut_from(content: bytes, x: Tensor, across: int) -> Tensor:
    """Decode a sheet's pictures to the shape and range of ``x`` [N, C, H, W]."""
    count, channels, height, width = x.shape
    mode = "L" if channels == 1 else "RGB"
    levels = np.array(Image.open(io.BytesIO(content)).convert(mode), np.float32)
    cells = levels.reshape(-1, height, levels.shape[1] // width, width, channels)
    pictures = torch.from_numpy(cells.transpose(0, 2, 4, 1, 3).copy())
    return pictures.reshape(-1, channels, height, width)[:count].to(x) / 127.5 - 1


def in_passes(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Apply ``function`` to [N, ...], `AT_ONCE` at a time."""
    return torch.cat([function(some) for some in torch.split(x, AT_ONCE)])
