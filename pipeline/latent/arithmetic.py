"""Arithmetic of attributes: a - b + c of means of latents (Radford et al. 2016, section 6.3.2).

Smiling women less neutral women plus neutral men are smiling men. Single latents are too unsteady
for it; means of three are the paper's. The same sum of pixels stands beside it, as there.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.latent.spaces import Space

SCALE = 0.25
"""Half the width of the uniform noise by which the paper draws further samples about a result."""


@dataclass(frozen=True)
class Analogy:
    """The result of a - b + c."""

    latent: Tensor
    """mean(a) - mean(b) + mean(c), [*shape]."""
    sample: Tensor
    """The latent decoded, [C, H, W]."""
    pixels: Tensor
    """The same arithmetic on what a, b and c decode to, [C, H, W]: ghosts of all that differ. Of
    bounded samples it may leave [-1, 1]."""


def analogy(space: Space, a: Tensor, b: Tensor, c: Tensor) -> Analogy:
    """Compute a - b + c of latents, several each: [A, *shape], [B, *shape], [C, *shape]."""
    latent = a.mean(dim=0) - b.mean(dim=0) + c.mean(dim=0)
    first, second, third = (space.decode_all(part).mean(dim=0) for part in (a, b, c))
    return Analogy(latent, space.decode_all(latent[None])[0], first - second + third)


def around(latent: Tensor, n: int, scale: float = SCALE, seed: int = 0) -> Tensor:
    """Draw ``n`` latents [n, *shape] about one, by uniform noise from -``scale`` to ``scale``."""
    noise = torch.rand(n, *latent.shape, generator=torch.Generator().manual_seed(seed))
    return latent + scale * (2 * noise - 1).to(latent)
