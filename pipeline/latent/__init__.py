"""Move through latent spaces: interpolate, traverse, edit by attributes, invert."""

from pipeline.latent.arithmetic import Analogy, analogy, around
from pipeline.latent.attributes import attributes_of, class_reader
from pipeline.latent.directions import Directions, conditioned, move, on_layers, unit
from pipeline.latent.entanglement import Change, entanglement
from pipeline.latent.ganspace import principal_directions
from pipeline.latent.gradients import ascend
from pipeline.latent.hyperplanes import Boundary, boundary_of, find_boundary, slope_of
from pipeline.latent.interpolation import lerp, slerp
from pipeline.latent.inversion import Inversion, invert
from pipeline.latent.opening import space_of
from pipeline.latent.routes import interpolate
from pipeline.latent.sefa import factorise
from pipeline.latent.spaces import Space
from pipeline.latent.traversal import moving_axes, moving_directions, traverse

__all__ = [
    "Analogy",
    "Boundary",
    "Change",
    "Directions",
    "Inversion",
    "Space",
    "analogy",
    "around",
    "ascend",
    "attributes_of",
    "boundary_of",
    "class_reader",
    "conditioned",
    "entanglement",
    "factorise",
    "find_boundary",
    "interpolate",
    "invert",
    "lerp",
    "move",
    "moving_axes",
    "moving_directions",
    "on_layers",
    "principal_directions",
    "slerp",
    "slope_of",
    "space_of",
    "traverse",
    "unit",
]
