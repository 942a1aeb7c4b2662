"""Directions by the weights alone: closed-form factorisation (SeFa, Shen & Zhou 2021).

arXiv:2007.06600, section 3: a layer that makes A z + b of a latent changes most along the
unit directions n that make |A n| largest, which are the eigenvectors of A^T A.
"""

from collections.abc import Collection

import torch
from torch import Tensor

from pipeline.latent.directions import Directions
from pipeline.latent.layers import latent_layers
from pipeline.latent.spaces import Space


def factorise(
    space: Space, count: int | None = None, layers: Collection[int] | None = None
) -> Directions:
    """Find the ``count`` foremost directions of a space by its model's first weights; None: all.

    ``layers``: those of a model of styles whose weights count; None: all. ``values`` are |A n|^2.
    The authors' code scales each row of A to length 1 first, the paper's equations don't; this
    follows the equations. Raises ValueError where `latent_layers` does, or no layer is left.
    """
    weights = [
        layer.weight for layer in latent_layers(space) if layers is None or layer.layer in layers
    ]
    if not weights:
        raise ValueError("none of these layers takes the latent")
    return eigen_directions(torch.cat(weights), count)


def eigen_directions(weight: Tensor, count: int | None = None) -> Directions:
    """Return the eigenvectors of A^T A, for A [outputs, Z], by falling eigenvalues.

    Of both signs, that with the largest number above 0.
    """
    a = weight.double()
    values, vectors = torch.linalg.eigh(a.T @ a)
    order = values.argsort(descending=True)[:count]
    return Directions(facing(vectors[:, order].T).to(weight), values[order].to(weight))


def facing(vectors: Tensor) -> Tensor:
    """Turn each of vectors [K, Z] so that its largest number is above 0."""
    largest = vectors.gather(1, vectors.abs().argmax(dim=1, keepdim=True))
    return vectors * torch.where(largest < 0, -1, 1)
