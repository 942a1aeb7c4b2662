"""Sound converted in windows as long as those of training.

Instance norm measures all the frames that it is given, and finds other values in more of them
than a network was trained on. Public code converts whole sentences all the same, and with windows
of a second little is lost; with windows of 24 frames of 10 ms and clips of 50, more than a decibel
of distortion is (`docs/results-voice.md`).
"""

import math

import torch
from torch import Tensor

from pipeline.capabilities import Translator
from pipeline.inference.tiling import evenly

AT_ONCE = 64  # windows


def translate_in_windows(model: Translator, x: Tensor, to: str, window: int) -> Tensor:
    """`Translator.translate` for samples [N, C, M, T] of at least ``window`` frames.

    Windows fade into one another over an eighth: more of it would average more frames, which
    smooths speech.
    """
    frames, fading = x.shape[3], max(1, window // 8)
    count = 1 + math.ceil((frames - window) / (window - fading))
    starts = evenly(frames - window, count, multiple=1)
    windows = torch.cat([x[..., start : start + window] for start in starts])
    converted = torch.cat([model.translate(some, to) for some in torch.split(windows, AT_ONCE)])
    place = torch.arange(1, window + 1, device=x.device)
    fade = torch.minimum(place, window + 1 - place).clamp(max=fading).float()
    total = converted.new_zeros(len(x), *converted.shape[1:3], frames)
    weights = fade.new_zeros(frames)
    for start, part in zip(starts, torch.split(converted, len(x)), strict=True):
        total[..., start : start + window] += part * fade
        weights[start : start + window] += fade
    return total / weights
