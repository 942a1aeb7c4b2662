"""The two ways in which pictures are brought to the size that a network takes.

``legacy``: bilinear as TensorFlow 1 did it, four neighbours whatever the scale and corners that
don't fit, as in the first code of FID and in torch-fidelity. ``clean``: bicubic, with a filter that
widens as pictures get smaller (antialiased), as PIL and clean-fid do it (Parmar, Zhang and Zhu
2022). Both begin with pictures of 8 bits, as they would be saved, and neither rounds again.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from pipeline.evaluation.weights import load_package

Resizing = Literal["legacy", "clean"]

WORDS: dict[str, str] = {
    "legacy": "bilinear to {side} x {side} as in TensorFlow 1, from 8 bits",
    "clean": "bicubic to {side} x {side}, antialiased as in PIL (clean-fid), from 8 bits",
}


def describe(resizing: Resizing, side: int) -> str:
    """Say in words what is done to pictures."""
    return WORDS[resizing].format(side=side)


def resize(x: Tensor, side: int, resizing: Resizing) -> Tensor:
    """Bring pictures [N, 1 or 3, H, W] in [-1, 1] to [N, 3, side, side] in [0, 255], float32.

    Values are rounded to 8 bits first. Raises ValueError for another shape.
    """
    if x.ndim != 4 or x.shape[1] not in (1, 3) or not x.numel():
        raise ValueError(f"expected pictures [N, 1 or 3, H, W], found {list(x.shape)}")
    x = x.float().clamp(-1, 1).add(1).mul(127.5).round().expand(-1, 3, -1, -1)
    if resizing == "clean":
        enlarged = interpolate(x, size=(side, side), mode="bicubic", antialias=True)
        return enlarged.clamp(0, 255)
    module, _ = load_package(
        "torch_fidelity.interpolate_compat_tensorflow", "torch-fidelity", "features"
    )
    resized: Tensor = module.interpolate_bilinear_2d_like_tensorflow1x(
        x, size=(side, side), align_corners=False
    )
    return resized


def standardise(x: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """Subtract the mean of red, green and blue in [0, 1] from [N, 3, H, W] in [0, 255]."""
    shift, scale = (torch.tensor(values, device=x.device)[:, None, None] for values in (mean, std))
    return (x / 255 - shift) / scale
