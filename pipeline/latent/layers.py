"""The layers of a model that see a latent first, and their weights.

They are found by running the model, not by name: a layer counts where its input is the latent's own
numbers, whatever else stands beside them that does not vary (a class), and what it makes of them is
affine. So linear layers and transposed convolutions are found alike, with the scales and norms of
weights that they apply as they run, in generators, decoders and networks of styles.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.latent.spaces import Space
from pipeline.latent.style_spaces import WSpace


@dataclass(frozen=True)
class LatentLayer:
    """An affine layer that takes a latent, or a part of it."""

    name: str
    """As the model's ``named_modules`` has it."""
    weight: Tensor
    """[outputs, Z]; columns of numbers that it does not take are 0."""
    layer: int
    """The number of the w that it takes; 0 where there is one latent."""


@torch.no_grad()
def latent_layers(space: Space) -> list[LatentLayer]:
    """List the affine layers that take the latent itself, in the order in which they run.

    Raises ValueError where there are none, as behind StyleGAN's normalisation of z.
    """
    if not space.shape:
        raise ValueError("encode a sample first, which tells the length of a code")
    layers = space.layers if isinstance(space, WSpace) else 1
    size = space.shape[-1]
    generator = torch.Generator().manual_seed(0)
    probe = torch.randn(2, layers, size, generator=generator).to(space.device)
    found: dict[str, LatentLayer] = {}
    for name, module, x in calls_of(space, probe if isinstance(space, WSpace) else probe[:, 0]):
        layer = affine_part(name, module, x, probe)
        if layer is not None:
            found[name] = layer
    inner = [  # a container is affine where its only layer is
        layer
        for name, layer in found.items()
        if not any(other.startswith(f"{name}." if name else "") for other in found if other != name)
    ]
    if not inner:
        raise ValueError(f"no affine layer takes {space.kind} itself")
    return inner


def calls_of(space: Space, latents: Tensor) -> list[tuple[str, nn.Module, Tensor]]:
    """Decode latents [2, *shape]; list each module that is called with one tensor of vectors, with
    those: [2, M], or maps [2, M, 1, 1]."""
    calls: list[tuple[str, nn.Module, Tensor]] = []

    def note(name: str) -> Any:
        def hook(module: nn.Module, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
            if len(inputs) != 1 or keywords or not isinstance(inputs[0], Tensor):
                return
            x = inputs[0]
            if x.dim() > 1 and x.shape[0] == 2 and x[0, 0].numel() == 1:
                calls.append((name, module, x.clone()))  # activations may work in place

        return hook

    handles = [
        module.register_forward_pre_hook(note(name), with_kwargs=True)
        for name, module in space.model.named_modules()
        if any(True for _ in module.parameters())
    ]
    try:
        space.decode(latents)
    finally:
        for handle in handles:
            handle.remove()
    return calls


def affine_part(name: str, module: nn.Module, x: Tensor, probe: Tensor) -> LatentLayer | None:
    """Return what a module makes of the latents that it gets; None where that is not affine, or
    its input is none of theirs.

    Args:
        name: the module's.
        module: what was called.
        x: its input for both latents, [2, M, ...].
        probe: the latents [2, L, Z].
    """
    size = probe.shape[-1]
    flat, numbers = x.flatten(1), probe.flatten(1)
    same = (flat[:, :, None] == numbers[:, None, :]).all(dim=0)  # [M, L * Z]
    taken = same.any(dim=1)
    varies = flat[0] != flat[1]
    if not taken.any() or bool((varies & ~taken).any()):
        return None
    source = same[taken].int().argmax(dim=1)
    if len(set((source // size).tolist())) > 1:
        return None
    base = flat[0].masked_fill(taken, 0)
    steps = torch.eye(len(base), device=x.device, dtype=x.dtype)[taken]
    inputs = torch.cat([base[None], base + steps, flat]).reshape(-1, *x.shape[1:])
    outputs = module(inputs).flatten(1).float()
    start, ends, again = outputs[0], outputs[1 : 1 + len(steps)] - outputs[0], outputs[-2:]
    if not torch.allclose(start + flat[:, taken].float() @ ends, again, rtol=1e-3, atol=1e-4):
        return None
    weight = torch.zeros(ends.shape[1], size, device=x.device)
    weight[:, source % size] = ends.T
    return LatentLayer(name, weight, int(source[0]) // size)
