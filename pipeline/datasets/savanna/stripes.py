"""A zebra's stripes: a fixed function of the pose, in body coordinates.

They hang from the back over the barrel, bend backwards over the flank until they lie level on the
haunch, ring the legs, cross the neck and run round the face.
"""

import numpy as np

from .anatomy import Figure, Leg
from .brush import Points, curve, ribbon

# Knots (top, middle, bottom) of each stripe on the trunk.
_TRUNK = np.array(
    [
        [(0.370, 0.97), (0.405, 0.80), (0.415, 0.62)],
        [(0.265, 1.03), (0.290, 0.80), (0.315, 0.60)],
        [(0.145, 1.00), (0.165, 0.76), (0.195, 0.50)],
        [(0.030, 0.97), (0.045, 0.74), (0.090, 0.50)],
        [(-0.085, 0.97), (-0.065, 0.74), (-0.010, 0.52)],
        [(-0.215, 1.00), (-0.175, 0.75), (-0.100, 0.54)],
        [(-0.365, 1.00), (-0.285, 0.80), (-0.175, 0.60)],
        [(-0.510, 0.88), (-0.385, 0.79), (-0.245, 0.66)],
        [(-0.545, 0.75), (-0.430, 0.69), (-0.285, 0.57)],
        [(-0.530, 0.62), (-0.430, 0.59), (-0.320, 0.49)],
    ]
)
_TRUNK_WIDTHS = np.array([0.062, 0.062, 0.062, 0.060, 0.060, 0.062, 0.066, 0.066, 0.062, 0.052])
_TAPER = np.array([0.95, 1.0, 1.04, 1.06, 1.04, 0.98, 0.86, 0.62, 0.3])

# Where along the neck, from withers to poll, and how broad.
_NECK = np.array([0.28, 0.49, 0.69, 0.88])
_NECK_WIDTHS = np.array([0.058, 0.056, 0.052, 0.044])

# Head coordinates: round the cheek, then along the nose.
_HEAD = np.array(
    [
        [(0.045, 0.07), (0.055, -0.06), (0.02, -0.20)],
        [(0.200, 0.06), (0.165, -0.05), (0.115, -0.20)],
        [(0.275, 0.05), (0.245, -0.04), (0.205, -0.15)],
        [(0.345, 0.04), (0.315, -0.04), (0.285, -0.13)],
    ]
)
_HEAD_WIDTHS = np.array([0.034, 0.034, 0.030, 0.026])

# Samples of the leg's line where a band lies; the first of 28 is inside the trunk.
_FORE_BANDS = np.array([7, 11, 15, 19])
_HIND_BANDS = np.array([7, 10, 13, 17, 21])


def leg_bands(leg: Leg, fore: bool, width: float) -> Points:
    """Outline the bands round a leg [M, N, 2]; width is a factor of about 1."""
    at = _FORE_BANDS if fore else _HIND_BANDS
    along = leg.centre[at + 1] - leg.centre[at - 1]
    along /= np.hypot(along[:, 0], along[:, 1])[:, None]
    across = np.stack((-along[:, 1], along[:, 0]), -1) * (0.62 * leg.widths[at])[:, None]
    middle = leg.centre[at]
    # Bands sag in the middle, as rings seen from a little above do.
    knots = np.stack((middle - across, middle + 0.014 * along, middle + across), 1)
    widths = np.linspace(0.050, 0.032, len(at))[:, None] * width
    return ribbon(curve(knots, 5), np.broadcast_to(widths, (len(at), 5)))


def neck_stripes(body: Figure, width: float) -> Points:
    """Outline [M, N, 2] from beyond the crest, where the mane takes stripes up, to the throat."""
    at = np.round(_NECK * (len(body.crest) - 1)).astype(int)
    crest, throat = body.crest[at], body.throat[at]
    across = throat - crest
    upper = crest - 0.09 * across / np.hypot(across[:, 0], across[:, 1])[:, None]
    backward = body.crest[at - 1] - crest
    backward /= np.hypot(backward[:, 0], backward[:, 1])[:, None] + 1e-9
    knots = np.stack((upper, crest, crest + 0.5 * across + 0.03 * backward, throat), 1)
    widths = (_NECK_WIDTHS * width)[:, None] * np.linspace(1.0, 0.6, 9)
    return ribbon(curve(knots, 9), widths)


def near_stripes(body: Figure, width: float) -> tuple[Points, ...]:
    """Return all stripes of the near side, as groups of outlines [M, N, 2]."""
    head = body.on_head(_HEAD)
    return (
        ribbon(curve(_TRUNK, 9), _TRUNK_WIDTHS[:, None] * _TAPER * width),
        neck_stripes(body, width),
        ribbon(curve(head, 7), np.repeat(_HEAD_WIDTHS[:, None] * width, 7, 1)),
        leg_bands(body.legs[0], True, width),
        leg_bands(body.legs[1], False, width),
    )
