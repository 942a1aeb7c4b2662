"""Tools of the painter: smooth curves, tapering strokes, anti-aliased shapes, noise, layers.

Places are pairs (x, y) in fractions of the picture's side, from its top left corner, so that one
scene is drawn alike at any size.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

Floats: TypeAlias = NDArray[np.float32]
Points: TypeAlias = NDArray[np.float64]

SUPERSAMPLING = 4


@lru_cache(maxsize=64)
def _curve_basis(knots: int, samples: int, closed: bool) -> Points:
    """Compute a Catmull-Rom spline's matrix [samples, knots]: a curve is linear in its knots."""
    spans = knots if closed else knots - 1
    t = np.linspace(0.0, spans, samples, endpoint=not closed)
    span = np.minimum(t.astype(int), spans - 1)
    u = t - span
    weights = (
        0.5 * (-u + 2 * u**2 - u**3),
        0.5 * (2 - 5 * u**2 + 3 * u**3),
        0.5 * (u + 4 * u**2 - 3 * u**3),
        0.5 * (-(u**2) + u**3),
    )
    basis = np.zeros((samples, knots))
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        knot = span + offset
        knot = knot % knots if closed else np.clip(knot, 0, knots - 1)
        np.add.at(basis, (np.arange(samples), knot), weight)
    return basis


def curve(knots: ArrayLike, samples: int, closed: bool = False) -> Points:
    """Compute a smooth curve through knots [..., K, D], as points [..., samples, D]."""
    knots = np.asarray(knots, dtype=np.float64)
    return np.asarray(_curve_basis(knots.shape[-2], samples, closed) @ knots)


def ribbon(centre: Points, widths: ArrayLike) -> Points:
    """Outline a stroke [..., 2N, 2] along centre [..., N, 2] with full widths [..., N]."""
    along = np.empty_like(centre)
    along[..., 1:-1, :] = centre[..., 2:, :] - centre[..., :-2, :]
    along[..., 0, :] = centre[..., 1, :] - centre[..., 0, :]
    along[..., -1, :] = centre[..., -1, :] - centre[..., -2, :]
    along /= np.sqrt((along**2).sum(-1, keepdims=True)) + 1e-9
    across = np.stack((-along[..., 1], along[..., 0]), -1)
    across *= 0.5 * np.asarray(widths)[..., None]
    return np.concatenate((centre + across, (centre - across)[..., ::-1, :]), -2)


class Sheet:
    """A grey sheet, finer than the picture, on which shapes are cut; read it as coverage."""

    def __init__(self, size: int, paper: int = 0) -> None:
        self._side = size * SUPERSAMPLING
        self._image = Image.new("L", (self._side, self._side), paper)
        self._draw = ImageDraw.Draw(self._image)

    def polygon(self, outline: Points, ink: int = 255) -> None:
        """Fill an outline [N, 2]."""
        self._draw.polygon((outline * self._side).ravel().tolist(), fill=ink)

    def polygons(self, outlines: Points, inks: ArrayLike = 255) -> None:
        """Fill outlines [M, N, 2], each with its ink of 0 to 255."""
        flat = (outlines * self._side).reshape(len(outlines), -1).tolist()
        for points, ink in zip(flat, np.broadcast_to(inks, len(flat)).tolist(), strict=True):
            self._draw.polygon(points, fill=ink)

    def ellipses(self, middles: Points, radii: Points, inks: ArrayLike = 255) -> None:
        """Fill upright ellipses: middles [M, 2], radii [M, 2]."""
        boxes = np.concatenate((middles - radii, middles + radii), -1) * self._side
        for box, ink in zip(
            boxes.tolist(), np.broadcast_to(inks, len(boxes)).tolist(), strict=True
        ):
            self._draw.ellipse(box, fill=ink)

    def coverage(self) -> Floats:
        """Average the ink under each pixel of the picture, [S, S] in 0 to 1."""
        small = self._image.reduce(SUPERSAMPLING)
        return np.asarray(small, dtype=np.float32) * np.float32(1 / 255)


@dataclass(frozen=True)
class Layer:
    """A layer of paint, perhaps with a pattern that has a label of its own."""

    cover: Floats  # [S, S]
    colour: Floats  # [3, S, S], with the pattern in it
    label: int
    pattern: Floats | None = None  # [S, S]
    pattern_label: int = 0


class Painting:
    """A picture that grows by layers, with the label of what lies on top.

    Colours come first, [3, S, S]: the long axis last is what makes numpy quick.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.picture: Floats = np.zeros((3, size, size), np.float32)
        self.labels: NDArray[np.uint8] = np.zeros((size, size), np.uint8)
        self.open: Floats = np.ones((size, size), np.float32)  # how much sky is still to be seen

    def lay(self, cover: Floats, colour: ArrayLike, label: int | None = None) -> None:
        """Lay a colour [3] or [3, S, S] where cover [S, S] is; half covered takes the label."""
        self.picture += cover * (paint(colour) - self.picture)
        self.open *= 1 - cover
        if label is not None:
            self.labels[cover >= 0.5] = label

    def lay_patterned(self, layer: "Layer") -> None:
        """Lay a layer; where its pattern covers half, the pattern's label holds."""
        self.lay(layer.cover, layer.colour, layer.label)
        if layer.pattern is not None:
            self.labels[layer.cover * layer.pattern >= 0.5] = layer.pattern_label

    def glaze(self, cover: Floats, factor: ArrayLike) -> None:
        """Multiply by a colour [3] where cover [S, S] is: shadow, not paint."""
        self.picture *= 1 + cover * (paint(factor) - 1)

    def finished(self) -> NDArray[np.uint8]:
        """Return the picture as it is kept, [S, S, 3]."""
        picture = np.rint(np.clip(self.picture, 0, 1) * 255).astype(np.uint8)
        return np.ascontiguousarray(picture.transpose(1, 2, 0))


def paint(colour: ArrayLike) -> Floats:
    """Return a colour [3] as [3, 1, 1], to be spread over a picture; [3, S, S] stays."""
    red_green_blue: Floats = np.asarray(colour, np.float32)
    return red_green_blue.reshape(3, 1, 1) if red_green_blue.ndim == 1 else red_green_blue


def mix(a: ArrayLike, b: ArrayLike, t: Floats | float) -> Floats:
    """Mix colour a at t = 0 with colour b at t = 1; t is a number or [S, S]."""
    start = paint(a)
    return np.asarray(start + t * (paint(b) - start), np.float32)


def smooth_step(low: float, high: float, x: Floats) -> Floats:
    """Compute 0 below low, 1 above high, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1).astype(np.float32, copy=False)
    smooth: Floats = t * t * (3 - 2 * t)
    return smooth


def blur(field: Floats, width: float) -> Floats:
    """Blur [S, S] by a Gaussian; width is the standard deviation as a fraction of the side."""
    sigma = width * len(field)
    blurred: Floats = ndimage.gaussian_filter(field, sigma, mode="nearest", truncate=2.5)
    return blurred


def noise(size: int, rng: np.random.Generator, cells: tuple[int, int]) -> Floats:
    """Draw smooth noise [S, S], about -1 to 1, with (rows, columns) cells whatever the size."""
    lattice = 2 * rng.random(cells, dtype=np.float32) - 1
    return np.asarray(Image.fromarray(lattice).resize((size, size), Image.Resampling.BICUBIC))


@lru_cache(maxsize=8)
def grid(size: int) -> tuple[Floats, Floats]:
    """Return x [1, S] and y [S, 1] of the pixels' middles."""
    middles = ((np.arange(size) + 0.5) / size).astype(np.float32)
    middles.setflags(write=False)
    return middles[None, :], middles[:, None]
