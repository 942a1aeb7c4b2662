"""Trees and bushes: broad-leaved on the meadow, acacias and scrub on the savanna."""

import numpy as np

from .brush import Floats, Painting, Points, Sheet, blur, grid, mix, noise
from .labels import Label
from .lands import BARK, LANDS, Use, numbers
from .scene import Scene


def _paint_leaves(
    painting: Painting,
    middles: Points,
    radii: Points,
    light: float,
    leaves: Floats,
    colours: tuple[tuple[float, float, float], tuple[float, float, float]],
    label: Label,
) -> None:
    """Paint foliage of blobs [M, 2]: dark mass, its lit side dabbed on, leaves [S, S] as noise."""
    mass, dabs = Sheet(painting.size), Sheet(painting.size)
    mass.ellipses(middles, radii)
    aside = np.array([0.30 * np.sign(light), -0.38]) * radii
    dabs.ellipses(middles + aside, radii * 0.62)
    lit = 0.12 + 0.75 * blur(dabs.coverage(), 0.006) + 0.28 * leaves
    painting.lay(mass.coverage(), mix(colours[0], colours[1], np.clip(lit, 0, 1.2)), label)


def _broadleaf(
    rng: np.random.Generator, foot: Points, tall: float
) -> tuple[Points, Points, Points]:
    """Compute the trunk [1, 4, 2] and the crown of an oak-like tree."""
    crown = foot - (0, 0.62 * tall)
    angles = np.linspace(0, 2 * np.pi, 11, endpoint=False) + rng.uniform(-0.2, 0.2, 11)
    ring = np.stack((np.cos(angles) * 0.30, np.sin(angles) * 0.22), -1) * tall
    middles = crown + np.concatenate((ring, np.zeros((1, 2))))
    radii = tall * rng.uniform(0.13, 0.19, 12)
    radii[-1] = 0.26 * tall
    half = np.array([0.045 * tall, 0])
    trunk = np.array([foot - half, foot + half, crown + 0.6 * half, crown - 0.6 * half])
    return trunk[None], middles, np.stack((radii, 0.86 * radii), -1)


def _acacia(rng: np.random.Generator, foot: Points, tall: float) -> tuple[Points, Points, Points]:
    """Compute the forked trunk [M, 4, 2] and the flat, layered umbrella of an acacia."""
    at = np.linspace(-1, 1, 9) + rng.uniform(-0.06, 0.06, 9)
    heights = -0.80 - 0.13 * (1 - at**2) + rng.uniform(-0.035, 0.035, 9)
    middles = foot + tall * np.stack((0.52 * at, heights), -1)
    radii = tall * np.stack((rng.uniform(0.14, 0.2, 9), rng.uniform(0.055, 0.085, 9)), -1)
    fork, thick = foot - (0, 0.42 * tall), np.array([0.028 * tall, 0])
    limbs = [np.array([foot - 1.3 * thick, foot + 1.3 * thick, fork + thick, fork - thick])]
    for reach in (-0.36, -0.06, 0.3):
        tip, slim = foot + tall * np.array([reach, -0.84]), 0.6 * thick
        limbs.append(np.array([fork - slim, fork + slim, tip + 0.6 * slim, tip - 0.6 * slim]))
    return np.array(limbs), middles, radii


def tree_places(scene: Scene) -> tuple[np.random.Generator, Points, Points]:
    """Return what the trees go on drawing from, feet [M, 2] and heights [M]: equal on both
    grounds."""
    rng = numbers(scene, Use.TREE)
    depth = rng.random(scene.trees) ** 1.5
    down = scene.horizon + 0.015 + 0.16 * depth * (1 - scene.horizon)
    feet = np.stack((rng.uniform(0.03, 0.97, scene.trees), down), -1)
    return rng, feet, (0.17 + 0.17 * depth) * rng.uniform(0.85, 1.15, scene.trees)


def _paint_trees(painting: Painting, scene: Scene, ground: str, leaves: Floats) -> None:
    if not scene.trees:
        return
    land = LANDS[ground]
    grow = _broadleaf if ground == "meadow" else _acacia
    rng, feet, heights = tree_places(scene)
    limbs, middles, radii = zip(
        *(grow(rng, foot, tall) for foot, tall in zip(feet, heights, strict=True)), strict=True
    )
    wood = Sheet(painting.size)
    wood.polygons(np.concatenate(limbs))
    _paint_pools(painting, feet, 0.45 * heights)
    painting.lay(wood.coverage(), BARK[ground], Label.TREE)
    crowns = np.concatenate(middles), np.concatenate(radii)
    colours = (land.leaf, land.leaf_lit)
    _paint_leaves(painting, *crowns, scene.light, leaves, colours, Label.TREE)


def bush_places(scene: Scene) -> tuple[np.random.Generator, Points, Points]:
    """Return what the bushes go on drawing from, feet [M, 2] and half widths [M]."""
    rng, count = numbers(scene, Use.BUSH), scene.bushes
    depth = rng.uniform(0.05, 1.0, count)
    down = scene.horizon + (0.03 + 0.28 * depth) * (1 - scene.horizon)
    feet = np.stack((rng.random(count), down), -1)
    return rng, feet, (0.05 + 0.06 * depth) * rng.uniform(0.8, 1.2, count)


def _paint_bushes(painting: Painting, scene: Scene, ground: str, leaves: Floats) -> None:
    if not scene.bushes:
        return
    land = LANDS[ground]
    rng, feet, wide = bush_places(scene)
    at = np.linspace(-1, 1, 6)
    swell = wide[:, None] * (0.34 + 0.24 * (1 - at**2)) * rng.uniform(0.8, 1.2, (scene.bushes, 6))
    middles = feet[:, None] + np.stack((0.75 * wide[:, None] * at, -0.7 * swell), -1)
    blobs = middles.reshape(-1, 2), np.stack((swell, 0.9 * swell), -1).reshape(-1, 2)
    _paint_pools(painting, feet, 1.25 * wide)
    colours = (land.bush, land.bush_lit)
    _paint_leaves(painting, *blobs, scene.light, leaves, colours, Label.BUSH)


def paint_plants(painting: Painting, scene: Scene, ground: str) -> None:
    """Paint trees and bushes on and behind the horizon; a ground changes their kind, not place."""
    leaves = noise(painting.size, numbers(scene, Use.LEAF), (56, 56))
    _paint_trees(painting, scene, ground, leaves)
    _paint_bushes(painting, scene, ground, leaves)


def _paint_pools(painting: Painting, feet: Points, halves: Points) -> None:
    """Paint soft shade on the ground around feet [M, 2], halves [M] wide to either side."""
    x, y = grid(painting.size)
    shade = np.zeros((painting.size, painting.size), np.float32)
    for foot, half in zip(feet.tolist(), halves.tolist(), strict=True):
        across = np.exp(-1.2 * ((x - foot[0]) / half) ** 2)
        shade = np.maximum(shade, np.exp(-1.2 * ((y - foot[1]) / (0.28 * half)) ** 2) * across)
    painting.glaze(shade, (0.72, 0.74, 0.80))
