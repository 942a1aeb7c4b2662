"""Views made from a picture: its grey values and its edges."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

View = Literal["edges", "grey"]
"""A domain that can be made from pictures, and is no files of its own."""
VIEWS: tuple[View, ...] = get_args(View)

Floats = NDArray[np.float32]


def grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luma of a picture [S, S, 3] as [S, S, 1].

    ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B.
    """
    red, green, blue = (picture[..., channel].astype(np.float32) for channel in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    rounded: NDArray[np.uint8] = np.rint(luma).astype(np.uint8)
    return rounded[..., None]


def edges(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Draw the outlines of a picture [S, S, 3]: white (255) on black, [S, S, 1].

    Canny's detector (1986): smoothing, gradient, thinning across the gradient, and weak edges
    kept only where they touch strong ones. Both thresholds follow the picture's own contrast, so
    that grass stays out by day and a night has outlines too.
    """
    strength, direction = _gradient(picture)
    thin = _ridges(strength, direction)
    contrast = float(np.quantile(strength, 0.95))
    kept = _connected(thin, weak=0.22 * contrast, strong=0.44 * contrast)
    return np.where(kept, 255, 0).astype(np.uint8)[..., None]


def _gradient(picture: NDArray[np.uint8]) -> tuple[Floats, NDArray[np.int64]]:
    """Compute strength [S, S] of the strongest channel and its direction in eighths of a turn."""
    colours = picture.astype(np.float32) / 255
    scale = len(picture) / 64  # at every size the same detail counts as an edge
    smoothed = ndimage.gaussian_filter(colours, (0.8 * scale, 0.8 * scale, 0), mode="nearest")
    down, right = ndimage.sobel(smoothed, 0), ndimage.sobel(smoothed, 1)
    strength = np.hypot(down, right) * scale
    best = strength.argmax(-1)[..., None]
    down, right = (np.take_along_axis(a, best, -1)[..., 0] for a in (down, right))
    eighth = np.rint(np.arctan2(down, right) / (np.pi / 4)).astype(np.int64) % 4
    return np.take_along_axis(strength, best, -1)[..., 0], eighth


def _ridges(strength: Floats, direction: NDArray[np.int64]) -> Floats:
    """Keep the strength where no neighbour across the edge is stronger, else 0."""
    padded = np.pad(strength, 1)
    S = len(strength)
    thin = np.zeros_like(strength)
    for eighth, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = padded[1 + dy : 1 + dy + S, 1 + dx : 1 + dx + S]
        behind = padded[1 - dy : 1 - dy + S, 1 - dx : 1 - dx + S]
        peak = (direction == eighth) & (strength > ahead) & (strength >= behind)
        thin[peak] = strength[peak]
    return thin


def _connected(thin: Floats, weak: float, strong: float) -> NDArray[np.bool_]:
    """Find pixels above weak that hang together with one above strong, diagonals included.

    Groups within a sixteenth of the side are specks: flowers and stones, not outlines.
    """
    groups, count = ndimage.label(thin > weak, structure=np.ones((3, 3)))
    keep = np.zeros(count + 1, dtype=bool)
    keep[groups[thin > strong]] = True
    keep[0] = False
    for group, (rows, columns) in enumerate(ndimage.find_objects(groups), start=1):
        extent = max(rows.stop - rows.start, columns.stop - columns.start)
        keep[group] &= extent > len(thin) / 16
    return np.asarray(keep[groups], dtype=np.bool_)
