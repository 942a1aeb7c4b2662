"""From a scene to its picture and label map."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import landscape, plants
from .anatomy import Stand, figure
from .animal import paint_animal, paint_shadow
from .brush import Painting
from .scene import ANIMALS, GROUNDS, Scene


@dataclass(frozen=True)
class Drawing:
    """A picture and, exactly aligned with it, the class of each pixel."""

    picture: NDArray[np.uint8]  # [S, S, 3]
    labels: NDArray[np.uint8]  # [S, S], indices into LABELS


def check(size: int, animal: str, ground: str) -> None:
    """Raise ValueError for an animal, ground or size that cannot be drawn."""
    if animal not in ANIMALS:
        raise ValueError(f"no animal {animal!r} to draw; there are {', '.join(ANIMALS)}")
    if ground not in GROUNDS:
        raise ValueError(f"no ground {ground!r} to draw; there are {', '.join(GROUNDS)}")
    if size < 64:
        raise ValueError(f"a picture is at least 64 pixels square, not {size}")


def draw(scene: Scene, size: int, animal: str, ground: str, night: bool = False) -> Drawing:
    """Draw a scene size pixels square, at least 64; a pure function of its arguments.

    Raises ValueError for an animal, ground or size that cannot be drawn.
    """
    check(size, animal, ground)
    painting = Painting(size)
    landscape.paint_sky(painting, scene)
    landscape.paint_clouds(painting, scene)
    landscape.paint_hills(painting, scene, ground)
    landscape.paint_ground(painting, scene, ground)
    plants.paint_plants(painting, scene, ground)
    body, stand = figure(scene), Stand(scene)
    paint_shadow(painting, scene, body, stand)
    paint_animal(painting, scene, body, stand, animal)
    landscape.paint_tufts(painting, scene, ground)
    landscape.daylight(painting, scene)
    if night:
        landscape.moonlight(painting, scene)
    return Drawing(painting.finished(), painting.labels)
