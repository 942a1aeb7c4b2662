"""Directions of a latent space, and moves along them.

A direction is a vector [Z], or [L, W] where the layers of styles are moved apart.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Directions(NamedTuple):
    """Directions in their order, with what orders them."""

    vectors: Tensor
    """[K, Z], each of length 1; foremost first."""
    values: Tensor
    """[K], falling."""


def unit(direction: Tensor) -> Tensor:
    """Return a direction of length 1; raise ValueError where it has none."""
    length = direction.norm()
    if not length > 0:
        raise ValueError("a direction of length 0 leads nowhere")
    one: Tensor = direction / length
    return one


def conditioned(direction: Tensor, others: Sequence[Tensor] | Tensor) -> Tensor:
    """Return a unit direction [Z] along which ``others`` [Z] don't change.

    What lies in their span is taken away: n1 - (n1 . n2) n2 for one other of length 1 (Shen et al.
    2020, equation 3), and by the pseudoinverse for several, which need not be orthogonal. Raises
    ValueError where nothing is left: the attributes can't be told apart by a plane.
    """
    if not len(others):
        return unit(direction)
    rows = torch.stack([unit(other) for other in others])
    left = direction - torch.linalg.pinv(rows) @ (rows @ direction)
    if left.norm() < 1e-4 * direction.norm():
        raise ValueError("the direction lies in the span of those that should be held")
    return unit(left)


def on_layers(direction: Tensor, layers: Sequence[int], count: int) -> Tensor:
    """Return a direction [count, W] that moves some of ``count`` layers of styles by a direction
    [W], as GANSpace's layerwise edits do (Härkönen et al. 2020, section 2)."""
    if wrong := [layer for layer in layers if not 0 <= layer < count]:
        raise ValueError(f"expected layers from 0 to {count - 1}, found {wrong[0]}")
    moved = direction.new_zeros(count, *direction.shape)
    moved[list(layers)] = direction
    return moved


def move(latents: Tensor, direction: Tensor, amount: Tensor | float) -> Tensor:
    """Return latents [N, *shape] + ``amount`` (one, or [N]) of a direction.

    A w [N, W] that is moved by layers, [L, W], becomes one w for each, [N, L, W]; a direction [W]
    moves all layers of [N, L, W].
    """
    if latents.dim() == 2 and direction.dim() == 2:
        latents = latents[:, None]
    dims = max(latents.dim(), direction.dim() + 1)
    amounts = torch.as_tensor(amount, device=latents.device, dtype=latents.dtype)
    return latents + amounts.reshape(-1, *[1] * (dims - 1)) * direction
