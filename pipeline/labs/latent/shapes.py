"""Measured attributes of pictures of bright strokes on a dark ground, as digits are."""

import torch
from torch import Tensor

SHAPES = ("ink", "thickness", "width", "height", "slant")


def shapes_of(x: Tensor) -> Tensor:
    """Measure `SHAPES` of pictures [N, C, H, W] in [-1, 1]: [N, 5], differentiable.

    Ink is the mean brightness, 0 to 1. Thickness is twice the ink over the length of all edges
    (their brightness' total variation), in shares of the picture's height: that of a long stroke,
    whose edges are its two sides. Width and height are the standard deviations of where it
    is, in shares of the picture's. Slant is how far it moves to the right per unit up: the shear
    that the moments of the second order tell. Of a picture without ink all but ink are 0.
    """
    brightness = ((x + 1) / 2).clamp(min=0).mean(dim=1)  # [N, H, W]
    height, width = brightness.shape[1:]
    up = -(torch.arange(height, device=x.device, dtype=x.dtype) + 0.5) / height
    right = (torch.arange(width, device=x.device, dtype=x.dtype) + 0.5) / width
    total = brightness.sum(dim=(1, 2))
    weights = brightness / total.clamp(min=1e-6)[:, None, None]
    rows, columns = weights.sum(dim=2), weights.sum(dim=1)
    middle = (rows @ up)[:, None], (columns @ right)[:, None]
    away_up, away_right = up - middle[0], right - middle[1]
    tall = (rows * away_up.square()).sum(dim=1)
    wide = (columns * away_right.square()).sum(dim=1)
    both = (weights * away_up[:, :, None] * away_right[:, None, :]).sum(dim=(1, 2))
    rises, steps = (brightness.diff(dim=dim).abs().sum(dim=(1, 2)) for dim in (1, 2))
    thickness = 2 * total / (rises + steps).clamp(min=1e-6) / height
    roots = [value.clamp(min=1e-12).sqrt() for value in (wide, tall)]
    slant = both / tall.clamp(min=1e-6)
    return torch.stack([total / (height * width), thickness, *roots, slant], dim=1)
