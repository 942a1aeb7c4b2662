"""Sky, clouds, hills, ground, and the light of day or night over them."""

import numpy as np

from .brush import Floats, Painting, Points, Sheet, blur, grid, mix, noise, paint, smooth_step
from .labels import Label
from .lands import LANDS, Use, numbers
from .scene import Scene

_BLADES, _DOTS, _TUFTS = 220, 30, 80
STONE = (0.50, 0.40, 0.30)


def sky_colours(scene: Scene) -> tuple[Floats, Floats]:
    """Return the colours [3, 1, 1] overhead and at the horizon."""
    top = mix((0.42, 0.65, 0.91), (0.51, 0.71, 0.92), scene.sky)
    low = mix((0.70, 0.84, 0.96), (0.85, 0.86, 0.86), 0.5 + 0.4 * scene.warmth)
    return top, low


def paint_sky(painting: Painting, scene: Scene) -> None:
    """Paint a gradient, paler and warmer towards the horizon and towards the light."""
    x, y = grid(painting.size)
    height = np.clip(y / scene.horizon, 0, 1)
    top, low = sky_colours(scene)
    sun = 0.5 + 0.45 * scene.light
    low_sun = 0.75 * scene.horizon
    glow = np.exp(-(((x - sun) / 0.45) ** 2) - ((y - low_sun) / 0.28) ** 2).astype(np.float32)
    streaks = noise(painting.size, numbers(scene, Use.SKY), (10, 3))
    share = np.clip(height**1.3 + 0.03 * streaks, 0, 1).astype(np.float32)
    painting.picture[:] = mix(top, low, share)
    painting.picture[:] = mix(painting.picture, (1.0, 0.95, 0.84), 0.20 * glow)
    painting.labels[:] = Label.SKY


def cloud_puffs(scene: Scene) -> tuple[Points, Points]:
    """Compute middles and radii [M, 2] of all clouds' puffs; there must be a cloud."""
    rng = numbers(scene, Use.CLOUD)
    middles, radii = [], []
    for _ in range(scene.clouds):
        x, y = rng.uniform(0.02, 0.98), rng.uniform(0.10, 0.62) * scene.horizon
        half, puffs = rng.uniform(0.09, 0.19), 8
        at = np.linspace(-1, 1, puffs) + rng.uniform(-0.14, 0.14, puffs)
        swell = (0.22 + 0.78 * np.clip(1 - at**2, 0, 1)) * rng.uniform(0.45, 1.15, puffs)
        swell *= 0.46 * half
        middles.append(np.stack((x + half * at, y - 0.6 * swell), -1))
        radii.append(np.stack((1.15 * swell + 0.010, swell), -1))
    return np.concatenate(middles), np.concatenate(radii)


def paint_clouds(painting: Painting, scene: Scene) -> None:
    """Paint heaps with a bright top and a shaded, flat foot."""
    if not scene.clouds:
        return
    middles, radii = cloud_puffs(scene)
    sheet, lit = Sheet(painting.size), Sheet(painting.size)
    sheet.ellipses(middles, radii)
    aside = np.array([0.3 * np.sign(scene.light), -0.38]) * radii
    lit.ellipses(middles + aside, radii * 0.8)
    cover = smooth_step(0.15, 0.95, blur(sheet.coverage(), 0.008))
    bright = blur(lit.coverage(), 0.014)
    warm = mix((0.98, 0.99, 1.0), (1.0, 0.975, 0.93), 0.5 + 0.5 * scene.warmth)
    painting.lay(0.95 * cover, mix((0.78, 0.82, 0.89), warm, bright), Label.CLOUD)


def ridge(scene: Scene, layer: int) -> Points:
    """Outline [N, 2] the far (0) or near (1) hills, the crest from left to right first."""
    height = (0.06 + 0.10 * scene.hills, 0.02 + 0.07 * scene.hills)[layer]
    rng = numbers(scene, Use.HILL, layer)
    x = np.linspace(-0.02, 1.02, 49)
    waves = np.array([1.3, 2.6, 5.1, 9.7]) * rng.uniform(0.8, 1.2, 4)
    sizes = np.array([0.42, 0.30, 0.11, 0.045])
    swing = np.sin(2 * np.pi * (x[:, None] * waves + rng.uniform(0, 1, 4))) @ sizes
    crest = scene.horizon - height * np.clip(0.52 + 0.6 * swing, 0.0, 1.2)
    foot = scene.horizon + 0.03
    return np.concatenate((np.stack((x, crest), -1), [(1.02, foot), (-0.02, foot)]))


def paint_hills(painting: Painting, scene: Scene, ground: str) -> None:
    """Paint two ranges, the farther one paler."""
    land = LANDS[ground]
    _, y = grid(painting.size)
    haze = smooth_step(scene.horizon - 0.14, scene.horizon + 0.02, y) + np.zeros_like(y.T)
    grain = noise(painting.size, numbers(scene, Use.HILL), (40, 36))
    for layer, colour in enumerate((land.hill_far, land.hill_near)):
        sheet = Sheet(painting.size)
        sheet.polygon(ridge(scene, layer))
        tone = paint(colour) * (1 + 0.07 * layer * grain)
        misty = mix(tone, land.far, (0.22 + 0.16 * layer) * haze)
        painting.lay(sheet.coverage(), misty, Label.HILL)


def ground_noise(scene: Scene, size: int) -> tuple[Points, Floats, Floats, Floats]:
    """Return the far edge's swell [2], then bare patches, clumps and grain [S, S], about -1 to
    1."""
    rng = numbers(scene, Use.GROUND)
    swell = rng.uniform(0, 1, 2)
    patches, clumps, grain = (noise(size, rng, c) for c in ((18, 5), (34, 16), (64, 48)))
    return swell, patches, clumps, grain


def paint_ground(painting: Painting, scene: Scene, ground: str) -> None:
    """Paint grass: patches drawn out by perspective, then blades that grow towards the front."""
    size, land = painting.size, LANDS[ground]
    _, y = grid(size)
    near = np.clip((y - scene.horizon) / (1 - scene.horizon), 0, 1)
    swell, patches, clumps, grain = ground_noise(scene, size)
    colour = mix(land.far, land.near, smooth_step(0, 0.9, near) + 0.0 * patches)
    colour = mix(colour, land.bare, 0.45 * smooth_step(0.05, 0.9, patches))
    tone = 1 + 0.055 * clumps + (0.02 + 0.045 * near) * grain + 0.22 * (_blades(scene, size) - 0.5)
    x = np.linspace(-0.02, 1.02, 33)
    edge = scene.horizon + 0.008 * np.sin(2 * np.pi * (x * (1 + swell[0]) + swell[1]))
    sheet = Sheet(size)
    sheet.polygon(np.concatenate((np.stack((x, edge), -1), [(1.02, 1.02), (-0.02, 1.02)])))
    painting.lay(sheet.coverage(), colour * tone, land.label)
    _paint_dots(painting, scene, ground)


def dots(scene: Scene) -> tuple[Points, Points, tuple[float, float, float]]:
    """Place flowers or stones, larger towards the front.

    Returns middles [M, 2], radii [M] and the flowers' colour.
    """
    rng = numbers(scene, Use.DOT)
    near = rng.uniform(0.06, 1.0, _DOTS)
    across = rng.uniform(0, 1, 2)[rng.integers(0, 2, _DOTS)] + rng.normal(0, 0.22, _DOTS)
    middles = np.stack((across % 1.0, scene.horizon + (1 - scene.horizon) * near), -1)
    radii = (0.0025 + 0.0065 * near) * rng.uniform(0.6, 1.2, _DOTS)
    flower = (1.0, 0.93, 0.62) if rng.random() < 0.5 else (0.97, 0.94, 0.98)
    return middles, radii, flower


def _paint_dots(painting: Painting, scene: Scene, ground: str) -> None:
    """Paint flowers on the meadow, stones on the savanna."""
    middles, radii, flower = dots(scene)
    sheet = Sheet(painting.size)
    sheet.ellipses(middles, np.stack((radii, 0.75 * radii), -1))
    strength, colour = (0.85, flower) if ground == "meadow" else (0.5, STONE)
    painting.lay(strength * sheet.coverage(), colour)


def _blade_outlines(roots: Points, heights: Points, leans: Points) -> Points:
    """Outline bent three-cornered blades [M, 3, 2] on their roots [M, 2]."""
    tips = roots + np.stack((leans * heights, -heights), -1)
    half = np.stack((0.09 * heights + 0.0016, np.zeros_like(heights)), -1)
    return np.stack((roots - half, tips, roots + half), 1)


def _blades(scene: Scene, size: int) -> Floats:
    """Draw light and dark blades [S, S]: 0.5 is neither."""
    rng = numbers(scene, Use.BLADE)
    near = np.sort(rng.random(_BLADES)) ** 1.15
    roots = np.stack((rng.random(_BLADES), scene.horizon + (1.04 - scene.horizon) * near), -1)
    heights = (0.012 + 0.066 * near) * rng.uniform(0.6, 1.3, _BLADES)
    leans = rng.normal(0.12 * scene.wind, 0.28, _BLADES)
    dark, light = rng.integers(10, 90, _BLADES), rng.integers(165, 246, _BLADES)
    inks = np.where(rng.random(_BLADES) < 0.5, dark, light)
    sheet = Sheet(size, paper=128)
    sheet.polygons(_blade_outlines(roots, heights, leans), inks)
    return sheet.coverage()


def paint_tufts(painting: Painting, scene: Scene, ground: str) -> None:
    """Paint grass before the hooves, which sets the animal into the ground."""
    rng, land = numbers(scene, Use.TUFT), LANDS[ground]
    # Blades stand in clumps, and nowhere higher than the hooves that they stand before.
    clump = rng.random(14)[rng.integers(0, 14, _TUFTS)] + rng.normal(0, 0.03, _TUFTS)
    below = rng.uniform(0.004, max(1.0 - scene.feet, 0.03), _TUFTS)
    heights = (0.020 + 0.35 * below) * rng.uniform(0.6, 1.3, _TUFTS)
    roots = np.stack((clump, scene.feet + below), -1)
    outlines = _blade_outlines(roots, heights, rng.normal(0.1 * scene.wind, 0.3, _TUFTS))
    for share, tone in ((slice(0, None, 2), 0.35), (slice(1, None, 2), 0.85)):
        sheet = Sheet(painting.size)
        sheet.polygons(outlines[share])
        colour = mix(land.near, land.blade, tone) * (0.72 + 0.28 * tone)
        painting.lay(0.9 * sheet.coverage(), colour, land.label)


def daylight(painting: Painting, scene: Scene) -> None:
    """Apply the day's brightness and warmth to everything."""
    warm = paint((1 + 0.035 * scene.warmth, 1.0, 1 - 0.045 * scene.warmth))
    painting.picture *= np.float32(scene.brightness) * warm


def moonlight(painting: Painting, scene: Scene) -> None:
    """Turn the finished day into night: dim and blue, with stars and a moon in the open sky."""
    red, green, blue = painting.picture
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    dim = 0.45 * painting.picture + 0.55 * luma
    painting.picture[:] = dim * paint((0.31, 0.41, 0.68))
    x, y = grid(painting.size)
    deep = mix((0.03, 0.05, 0.16), (0.13, 0.19, 0.38), np.clip(y / scene.horizon, 0, 1) ** 1.5)
    rng = numbers(scene, Use.STAR)
    stars = Sheet(painting.size)
    places = rng.uniform(0, 1, (36, 2)) * (1.0, scene.horizon)
    radii = np.repeat(rng.uniform(0.002, 0.005, (36, 1)), 2, 1)
    stars.ellipses(places, radii, rng.integers(90, 256, 36))
    moon = np.array([0.5 + 0.4 * scene.light, 0.11])
    disc = Sheet(painting.size)
    disc.ellipses(moon[None], np.full((1, 2), 0.042))
    halo = np.exp(-(((x - moon[0]) ** 2 + (y - moon[1]) ** 2) / 0.012)).astype(np.float32)
    sky = mix(deep, (0.45, 0.52, 0.70), 0.5 * halo)
    sky = mix(sky, (0.95, 0.96, 1.0), np.maximum(stars.coverage(), disc.coverage()))
    painting.picture[:] = mix(painting.picture, sky, painting.open)
