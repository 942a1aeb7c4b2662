"""Differentiable augmentation for discriminators (DiffAugment, Zhao et al. 2020).

A discriminator that has few pictures learns them by heart. Shown only altered ones, real and fake
alike, it can't, and the generator is not led to make altered pictures. Nothing here counts
channels, so it serves pictures and spectrograms.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import pad

DiffAugment = tuple[Literal["colour", "translation", "cutout"], ...]

SHIFT = 1 / 8  # of the side: the furthest that a sample moves
HOLE = 1 / 2  # of the side: what is cut out


def diff_augment(kinds: DiffAugment, *halves: Tensor) -> tuple[Tensor, ...]:
    """Alter samples [N, C, H, W] at random; row n of each of the ``halves`` in the same way.

    Draws from torch's generator of the samples' device.
    """
    for kind in kinds:
        match kind:
            case "colour":
                halves = recoloured(*halves)
            case "translation":
                halves = shifted(*halves)
            case "cutout":
                halves = holed(*halves)
    return halves


def recoloured(*halves: Tensor, strength: float = 1.0) -> tuple[Tensor, ...]:
    """Change brightness, saturation and contrast, by up to 0.5, twofold and half at strength 1.

    Brightness is added; saturation scales what sets channels apart, contrast what sets a sample
    apart from its own mean.
    """
    x = halves[0]
    brightness, saturation, contrast = (
        (torch.rand(len(x), 1, 1, 1, device=x.device) * 2 - 1) * strength for _ in range(3)
    )

    def change(x: Tensor) -> Tensor:
        x = x + 0.5 * brightness
        grey = x.mean(dim=1, keepdim=True)
        x = grey + (x - grey) * (1 + saturation)
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        return mean + (x - mean) * (1 + 0.5 * contrast)

    return tuple(map(change, halves))


def shifted(*halves: Tensor) -> tuple[Tensor, ...]:
    """Move samples by up to an eighth of the side each way; what comes in is 0."""
    x = halves[0]
    count, _, height, width = x.shape
    rows, columns = (
        torch.randint(-reach, reach + 1, (count, 1), device=x.device)
        + reach
        + torch.arange(side, device=x.device)
        for side in (height, width)
        for reach in [round(side * SHIFT)]
    )  # [N, H] and [N, W]: where each row and column comes from in the padded sample
    samples = torch.arange(count, device=x.device)[:, None, None]

    def move(x: Tensor) -> Tensor:
        room = round(width * SHIFT), round(height * SHIFT)
        padded = pad(x, (room[0], room[0], room[1], room[1])).permute(0, 2, 3, 1)
        return padded[samples, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)

    return tuple(map(move, halves))


def holed(*halves: Tensor) -> tuple[Tensor, ...]:
    """Return a rectangle of half the height and width set to 0; it may reach over the border."""
    x = halves[0]

    def within(side: int) -> Tensor:
        """Return what the hole covers along one axis, [N, side]."""
        hole = round(side * HOLE)
        centre = torch.randint(0, side + (1 - hole % 2), (len(x), 1), device=x.device)
        place = torch.arange(side, device=x.device)
        return (place >= centre - hole // 2) & (place < centre - hole // 2 + hole)

    rows, columns = within(x.shape[-2]), within(x.shape[-1])
    kept = ~(rows[:, None, :, None] & columns[:, None, None, :])
    return tuple(half * kept for half in halves)
