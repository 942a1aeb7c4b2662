"""Edits by a classifier's gradient: only the latent moves, both networks stay as they are.

z <- z + step * gradient of the score of what z decodes to, with the gradient of length 1, so that
``step`` is a distance. What else should stay is held to first order: the gradient loses its part
along theirs, the equation 3 of Shen et al. 2020 at the place where the latent is.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from pipeline.latent.attributes import Reader
from pipeline.latent.spaces import AT_ONCE, Space

ENOUGH = 3.0
"""Log odds at which a latent is left where it is: a probability of 0.95."""


def ascend(
    space: Space,
    start: Tensor,
    reader: Reader,
    wanted: int,
    *,
    hold: tuple[int, ...] = (),
    steps: int = 50,
    step: float = 0.1,
    enough: float = ENOUGH,
    watch: Callable[[int], None] = lambda done: None,
) -> Tensor:
    """Move latents [N, *shape] until attribute ``wanted`` of what they decode to is high.

    Args:
        space: of the latents, which stay typical of its draws (`Space.typical`).
        start: where to begin.
        reader: of attributes.
        wanted: the number of the attribute that should rise.
        hold: the numbers of attributes that should stay.
        steps: of each latent, at most.
        step: the length of each, as a share of the draws' standard deviation.
        enough: the value at which a latent is left where it is.
        watch: is told after each step how many are done, latents counting one after another.

    Returns the whole way, [steps + 1, N, *shape], from the start on.
    """
    length = step * spread_of(space)
    ways, done = [], 0
    for some in torch.split(start.detach(), AT_ONCE):
        way = [some]
        for _ in range(steps):
            way.append(climbed(space, way[-1], reader, wanted, hold, length, enough))
            done += len(some)
            watch(done)
        ways.append(torch.stack(way))
    return torch.cat(ways, dim=1)


def climbed(
    space: Space,
    latents: Tensor,
    reader: Reader,
    wanted: int,
    hold: tuple[int, ...],
    length: float,
    enough: float,
) -> Tensor:
    """Take one step of ``length`` from latents [N, *shape]; see `ascend`."""
    with torch.enable_grad():
        place = latents.detach().clone().requires_grad_()
        attributes = reader(space.decode(place))
        slopes = [
            torch.autograd.grad(attributes[:, number].sum(), place, retain_graph=True)[0].flatten(1)
            for number in (wanted, *hold)
        ]
    uphill = slopes[0]
    if hold:
        held = torch.stack(slopes[1:], dim=1)  # [N, K, Z]
        along = torch.linalg.pinv(held) @ (held @ uphill[:, :, None])
        uphill = uphill - along[:, :, 0]
    uphill = torch.nn.functional.normalize(uphill, dim=1).reshape(latents.shape)
    moving = (attributes.detach()[:, wanted] < enough).to(latents)
    moved = space.typical(latents + length * uphill)
    return torch.where(moving.reshape(-1, *[1] * (latents.dim() - 1)) > 0, moved, latents)


def spread_of(space: Space) -> float:
    """Return the standard deviation of one number of draws; 1 where that is not known."""
    if not space.shape or space.kind == "code":
        return 1.0
    return float(space.radius() / space.shape[-1] ** 0.5)
