"""Move along directions of a latent space, and find the axes that change a sample most."""

from collections.abc import Callable

import torch
from torch import Tensor

from pipeline.latent.directions import move
from pipeline.latent.spaces import AT_ONCE, Space

MOST_AXES = 128  # of a latent that are tried: enough for a few that matter

Decode = Callable[[Tensor], Tensor]


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


def traverse(space: Space, start: Tensor, directions: Tensor, amounts: Tensor) -> Tensor:
    """Move a latent [*shape] along each of directions [K, ...] by each of ``amounts`` [T].

    The unit of amounts is the standard deviation of draws along a direction. Returns latents
    [K, T, *shape].
    """
    return torch.stack(
        [
            move(start[None], one, amounts.to(start) * space.spread(across_layers(one)))
            for one in directions
        ]
    )


def across_layers(direction: Tensor) -> Tensor:
    """Return the direction [W] that those layers of [L, W] move by which move; [Z] as it is."""
    if direction.dim() == 1:
        return direction
    return direction[int(direction.norm(dim=1).argmax())]


def moving_directions(space: Space, centre: Tensor, count: int) -> Tensor:
    """Return the unit vectors [count, Z] of `moving_axes` of a space about a latent [Z]."""
    axes = moving_axes(space.decode, centre, count)
    return torch.eye(len(centre), device=centre.device)[axes]
