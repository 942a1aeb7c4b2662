"""The choice of a model's space of latents."""

from torch import nn

from pipeline.capabilities import LatentSampler, StyleSpace
from pipeline.latent.spaces import CodeSpace, Kind, Space, ZSpace
from pipeline.latent.style_spaces import WPlusSpace, WSpace


def space_of(
    model: nn.Module,
    kind: Kind | None = None,
    *,
    label: int | None = None,
    truncation: float = 0,
    psi: float = 1,
) -> Space:
    """Return the space of a model's latents: w where it has styles, else z, else its codes.

    Args:
        model: a finished model, in evaluation mode.
        kind: which of its spaces, where not the usual one.
        label: the class of all samples, where the model has classes; None: the first.
        truncation: the limit of drawn z, or 0.
        psi: the share of their way from the mean that drawn w keep.

    Raises ValueError where the model has no such space, class or truncation.
    """
    if kind is None:
        styled = isinstance(model, StyleSpace) and isinstance(model, LatentSampler)
        kind = "w" if styled else "z" if isinstance(model, LatentSampler) else "code"
    if truncation and kind != "z":
        raise ValueError(f"truncation is of z, not of {kind}")
    if psi != 1 and kind not in ("w", "w+"):
        raise ValueError(f"psi is of w, not of {kind}")
    if kind == "z":
        return ZSpace(model, label, truncation)
    if kind == "w":
        return WSpace(model, label, psi)
    if kind == "w+":
        return WPlusSpace(model, label, psi)
    if label is not None:
        raise ValueError("it has no classes")
    return CodeSpace(model)
