"""A drawn world of horses on meadows and zebras on savannas.

An embedded set for unpaired translation (horse to zebra) and for paired translation (label map,
edges, grey or a map from above to picture). A `Scene` holds everything that varies; `draw` turns
it into a picture with its label map, `plan` into a map. The same scene drawn as the other animal on
the other ground is the picture's true counterpart, which evaluation may use and training must not.
"""

from .draw import Drawing, draw
from .factors import FACTORS, factors_of, scene_of
from .labels import LABELS, PALETTE, colour_labels
from .plan import plan
from .scene import ANIMALS, GROUNDS, Scene, sample_scene

__all__ = [
    "ANIMALS",
    "FACTORS",
    "GROUNDS",
    "LABELS",
    "PALETTE",
    "Drawing",
    "Scene",
    "colour_labels",
    "draw",
    "factors_of",
    "plan",
    "sample_scene",
    "scene_of",
]
