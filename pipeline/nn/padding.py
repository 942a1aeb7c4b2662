"""Padding by reflection, whose gradient can be asked to be the same each time."""

import torch
from torch import Tensor, cat, nn
from torch.nn.functional import pad


class ReflectionPad(nn.Module):
    """[N, C, H, W] -> [N, C, H + 2 * amount, W + 2 * amount], mirrored at the borders."""

    def __init__(self, amount: int) -> None:
        super().__init__()
        self.amount = amount

    def forward(self, x: Tensor) -> Tensor:
        """Pad samples that have more rows and columns than ``amount``."""
        sides = (self.amount,) * 4
        if torch.are_deterministic_algorithms_enabled():
            return reflected(x, sides)
        return pad(x, sides, mode="reflect")


def reflected(x: Tensor, sides: tuple[int, ...]) -> Tensor:
    """Compute ``pad(x, sides, mode="reflect")``, made of pieces.

    On a GPU torch sums the gradient of the original in whatever order threads come by, and refuses
    it where the order matters.
    """
    for number in range(len(sides) // 2):
        dim = x.ndim - 1 - number
        before, after = sides[2 * number : 2 * number + 2]
        length = x.shape[dim]
        left = x.narrow(dim, 1, before).flip(dim)
        right = x.narrow(dim, length - 1 - after, after).flip(dim)
        x = cat([left, x, right], dim)
    return x
