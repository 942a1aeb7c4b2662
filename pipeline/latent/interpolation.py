"""Moving through a latent space: between two points, and along what changes the picture."""

from collections.abc import Callable

import torch
from torch import Tensor

AT_ONCE = 64  # latents that are decoded in one pass
MOST_AXES = 128  # of a latent that are tried: enough for a few that matter

Decode = Callable[[Tensor], Tensor]


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Points on the arc from a to b [Z], at shares ``t`` [T] of its angle: [T, Z].

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


@torch.inference_mode()
def moving_axes(decode: Decode, centre: Tensor, count: int) -> list[int]:
    """Return the axes of a latent [Z] along which the decoded sample changes most, foremost first.

    A step of 1 either way from ``centre`` is tried along each of the first `MOST_AXES`; training
    often leaves many axes without a meaning (posterior collapse).
    """
    axes = min(len(centre), MOST_AXES)
    steps = torch.eye(len(centre), device=centre.device)[:axes]
    changes = [
        (decode(centre + step) - decode(centre - step)).float().flatten(1).square().mean(dim=1)
        for step in torch.split(steps, AT_ONCE)
    ]
    order = torch.cat(changes).argsort(descending=True, stable=True)
    found: list[int] = order[:count].tolist()
    return found
