"""Convert sound in chunks as long as those of training.

Instance norm measures all the frames that it is given, and finds other values in more of them
than a network was trained on. Public code converts whole sentences all the same, and with chunks
of a second little is lost; with chunks of 24 frames of 10 ms and clips of 50, more than a decibel
of distortion is (`docs/results-voice.md`).
"""

import math

import torch
from torch import Tensor

from pipeline.capabilities import Translator
from pipeline.inference.tiling import evenly

AT_ONCE = 64  # chunks


def translate_in_chunks(model: Translator, x: Tensor, to: str, chunk: int) -> Tensor:
    """Call `Translator.translate` for samples [N, C, M, T] of at least ``chunk`` frames.

    Chunks fade into one another over an eighth: more of it would average more frames, which
    smooths speech.
    """
    frames, fading = x.shape[3], max(1, chunk // 8)
    count = 1 + math.ceil((frames - chunk) / (chunk - fading))
    starts = evenly(frames - chunk, count, multiple=1)
    chunks = torch.cat([x[..., start : start + chunk] for start in starts])
    converted = torch.cat([model.translate(some, to) for some in torch.split(chunks, AT_ONCE)])
    place = torch.arange(1, chunk + 1, device=x.device)
    fade = torch.minimum(place, chunk + 1 - place).clamp(max=fading).float()
    total = converted.new_zeros(len(x), *converted.shape[1:3], frames)
    weights = fade.new_zeros(frames)
    for start, part in zip(starts, torch.split(converted, len(x)), strict=True):
        total[..., start : start + chunk] += part * fade
        weights[start : start + chunk] += fade
    return total / weights
