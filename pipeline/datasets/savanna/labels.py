"""The classes of the label map and their colours."""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Label(IntEnum):
    """The class of a pixel; a shadow belongs to the surface that it falls on."""

    SKY = 0
    CLOUD = 1
    HILL = 2
    TREE = 3
    BUSH = 4
    MEADOW = 5
    SAVANNA = 6
    HORSE = 7
    ZEBRA = 8
    MANE = 9  # a horse's mane, forelock and tail; the tuft of a zebra's tail
    HOOF = 10
    STRIPE = 11  # a zebra's dark stripes and muzzle


LABELS: tuple[str, ...] = tuple(label.name.lower() for label in Label)

PALETTE: NDArray[np.uint8] = np.array(
    [
        (70, 130, 230),  # sky
        (235, 235, 245),  # cloud
        (130, 90, 170),  # hill
        (0, 90, 60),  # tree
        (120, 130, 20),  # bush
        (90, 205, 60),  # meadow
        (240, 200, 60),  # savanna
        (160, 70, 20),  # horse
        (245, 120, 170),  # zebra
        (215, 30, 40),  # mane
        (120, 235, 235),  # hoof
        (20, 20, 40),  # stripe
    ],
    dtype=np.uint8,
)
PALETTE.setflags(write=False)


def colour_labels(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colour a label map [..., S, S] as a picture [..., S, S, 3] by the palette."""
    return PALETTE[labels]
