"""Directions by what draws vary in: principal components (GANSpace, Härkönen et al. 2020).

arXiv:2004.02546, section 2: of w itself; of a model without styles, of what a layer
makes of z, with those directions of z by which its principal coordinates are best told.
"""

from typing import Any

import torch
from torch import Generator, Tensor

from pipeline.latent.directions import Directions
from pipeline.latent.layers import latent_layers
from pipeline.latent.sefa import facing
from pipeline.latent.spaces import AT_ONCE, Space
from pipeline.latent.style_spaces import WSpace

EXTRA, PASSES = 10, 4
"""Dimensions beyond those asked for, and passes, of the randomised search for principal components
(Halko et al. 2011, algorithm 4.4)."""


def principal_directions(
    space: Space, count: int, *, n: int = 4096, seed: int = 0, layer: str | None = None
) -> Directions:
    """Find the ``count`` foremost directions of a space by ``n`` draws; the paper takes 10^6.

    ``layer``: the name of the module whose outputs count in z; None: the first that takes z.
    ``values``: standard deviations of the principal coordinates. Raises ValueError where there is
    no such layer, or nothing is known of how latents are distributed.
    """
    latents = space.draw(n, seed)
    count = min(count, space.shape[-1])
    if isinstance(space, WSpace):
        w = latents if latents.dim() == 2 else latents[:, 0]
        components, stds = principal_components(w, count)
        return Directions(facing(components), stds)
    name = latent_layers(space)[0].name if layer is None else layer
    seen = activations(space, latents, name)
    components, stds = principal_components(seen, count)
    x = (seen - seen.mean(dim=0)) @ components.T
    # U = argmin sum |U x - z|^2, whose columns are the directions.
    told = torch.linalg.lstsq(x.double(), (latents - latents.mean(dim=0)).double()).solution
    return Directions(facing(torch.nn.functional.normalize(told, dim=1)).to(latents), stds)


def principal_components(x: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the ``count`` foremost principal components [count, F] of x [N, F], of length 1, and
    the standard deviations [count] along them."""
    centred = x - x.mean(dim=0)
    if centred.shape[1] <= 1024:
        values, vectors = torch.linalg.eigh((centred.T @ centred).double() / (len(x) - 1))
        order = values.argsort(descending=True)[:count]
        found, variances = vectors[:, order].T, values[order]
        return found.to(x), variances.clamp(min=0).sqrt().to(x)
    size = x.shape[1], min(count + EXTRA, *x.shape)
    start = torch.randn(size, generator=Generator().manual_seed(0)).to(x)
    basis = torch.linalg.qr(centred @ start).Q  # [N, q]
    for _ in range(PASSES):
        basis = torch.linalg.qr(centred @ torch.linalg.qr(centred.T @ basis).Q).Q
    _, s, v = torch.linalg.svd(basis.T @ centred, full_matrices=False)
    return v[:count], s[:count] / (len(x) - 1) ** 0.5


@torch.no_grad()
def activations(space: Space, latents: Tensor, name: str) -> Tensor:
    """Return what the module ``name`` of the model makes of latents [N, *shape]: [N, F].

    Raises ValueError where there is no such module, or decoding does not run it.
    """
    modules = dict(space.model.named_modules())
    if name not in modules:
        raise ValueError(f"the model has no layer '{name}'")
    seen: list[Tensor] = []

    def keep(module: Any, inputs: Any, output: Tensor) -> None:
        seen.append(output.flatten(1).float().clone())

    handle = modules[name].register_forward_hook(keep)
    try:
        for some in torch.split(latents, AT_ONCE):
            space.decode(some)
    finally:
        handle.remove()
    if sum(map(len, seen)) != len(latents):
        raise ValueError(f"decoding does not run the layer '{name}' once for each latent")
    return torch.cat(seen)
