"""Interpolate between two points of a latent space."""

import torch
from torch import Tensor


def lerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Compute points on the straight line from a to b [W], at shares ``t`` [T] of it: [T, W].

    In a space of styles w, which no normal distribution is asked to fill, the straight way leads
    through typical samples (Karras et al. 2019, section 4.1).
    """
    return torch.lerp(a, b, t[:, None])


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Compute points on the arc from a to b [Z], at shares ``t`` [T] of its angle: [T, Z].

    Normal draws of many dimensions lie on a sphere, through whose empty inside a straight line
    would lead (White 2016, arXiv:1609.04468). Between the points the length changes evenly. Where
    they lie in one line with the origin there is no arc, and the way is straight.
    """
    cosine = torch.cosine_similarity(a, b, dim=0).clamp(-1, 1)
    angle = torch.acos(cosine)
    t = t[:, None]
    if angle.sin() < 1e-4:
        return torch.lerp(a, b, t)
    length = torch.lerp(a.norm(), b.norm(), t)
    way = torch.sin((1 - t) * angle) * a / a.norm() + torch.sin(t * angle) * b / b.norm()
    points: Tensor = length * way / angle.sin()
    return points
