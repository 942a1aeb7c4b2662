"""The two grounds' colours, and the numbers that a scene's texture seed gives."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from .labels import Label
from .scene import Scene


class Use(IntEnum):
    """Uses of random numbers: no two uses of the texture seed share theirs."""

    SKY = 0
    CLOUD = 1
    HILL = 2
    GROUND = 3
    DOT = 4
    BLADE = 5
    TUFT = 6
    TREE = 7
    BUSH = 8
    LEAF = 9
    STAR = 10
    DAPPLE = 11
    COAT = 12


def numbers(scene: Scene, use: Use, part: int = 0) -> np.random.Generator:
    """Return the scene's generator for one use, the same in every process."""
    return np.random.default_rng((scene.texture, int(use), part))


@dataclass(frozen=True)
class Land:
    """Colours of a ground and what grows on it, 0 to 1."""

    label: Label
    near: tuple[float, float, float]
    far: tuple[float, float, float]
    bare: tuple[float, float, float]  # patches where the ground shows
    blade: tuple[float, float, float]  # lit blades of grass in front
    hill_far: tuple[float, float, float]
    hill_near: tuple[float, float, float]
    leaf: tuple[float, float, float]
    leaf_lit: tuple[float, float, float]
    bush: tuple[float, float, float]
    bush_lit: tuple[float, float, float]


LANDS = {
    "meadow": Land(
        label=Label.MEADOW,
        near=(0.31, 0.52, 0.15),
        far=(0.47, 0.65, 0.25),
        bare=(0.46, 0.57, 0.20),
        blade=(0.47, 0.68, 0.22),
        hill_far=(0.49, 0.60, 0.68),
        hill_near=(0.38, 0.54, 0.43),
        leaf=(0.11, 0.29, 0.12),
        leaf_lit=(0.34, 0.53, 0.19),
        bush=(0.14, 0.34, 0.14),
        bush_lit=(0.36, 0.56, 0.22),
    ),
    "savanna": Land(
        label=Label.SAVANNA,
        near=(0.80, 0.62, 0.27),
        far=(0.88, 0.74, 0.41),
        bare=(0.76, 0.55, 0.26),
        blade=(0.95, 0.82, 0.46),
        hill_far=(0.60, 0.60, 0.70),
        hill_near=(0.57, 0.54, 0.50),
        leaf=(0.23, 0.29, 0.12),
        leaf_lit=(0.47, 0.51, 0.21),
        bush=(0.37, 0.35, 0.15),
        bush_lit=(0.60, 0.55, 0.26),
    ),
}
BARK = {"meadow": (0.27, 0.19, 0.12), "savanna": (0.33, 0.23, 0.15)}
