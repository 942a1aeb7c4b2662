"""Colour transfer without learning: means and standard deviations moved to another domain's."""

from torch import Tensor


def move_colours(x: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Move each channel's mean and std of ``source`` to those of ``target``.

    As Reinhard et al. 2001, "Color transfer between images", eq. 10 and 11, with the statistics of
    whole domains in place of single pictures' and in RGB. All are [N, C, H, W] in [-1, 1]; so is
    what is returned.
    """
    axes = (0, 2, 3)
    mean, std = source.mean(dim=axes, keepdim=True), source.std(dim=axes, keepdim=True)
    wanted, spread = target.mean(dim=axes, keepdim=True), target.std(dim=axes, keepdim=True)
    moved = (x - mean) / std.clamp(min=1e-6) * spread + wanted
    return moved.clamp(-1, 1)
