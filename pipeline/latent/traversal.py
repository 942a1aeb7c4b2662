"""Find the axes of a latent space that change a sample most."""

from collections.abc import Callable

import torch
from torch import Tensor

AT_ONCE = 64  # latents that are decoded in one pass
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
