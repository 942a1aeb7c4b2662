"""The signs on a plan of the drawn world: animals, trees and bushes as seen from straight above.

A sign keeps the breadth that its thing has in the picture; its depth is drawn as large as reads
well, for a plan's columns and rows have no common scale.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from .anatomy import Figure
from .animal import COATS
from .brush import Floats, Painting, Points, Sheet, blur, curve, mix, ribbon, smooth_step
from .lands import BARK, LANDS
from .scene import Scene

RIMS = {"horse": (0.80, 0.08, 0.10), "zebra": (0.28, 0.13, 0.70)}  # an animal's kind
_WHITE, _BLACK = (0.95, 0.93, 0.89), (0.12, 0.10, 0.12)
_SHADE = (0.62, 0.64, 0.70)

# Spine from the buttock to the breast with full widths, trunk lengths.
_TRUNK = np.array(
    [
        (-0.51, 0.08),
        (-0.46, 0.21),
        (-0.34, 0.29),  # haunches
        (-0.16, 0.25),  # loin
        (0.06, 0.29),  # barrel
        (0.27, 0.27),  # shoulders
        (0.40, 0.20),
        (0.48, 0.10),
    ]
)
_FOOT_ASIDE, _FOOT = 0.150, np.array([0.046, 0.034])  # from the spine; radii of a standing foot
DEPTH = _FOOT_ASIDE + _FOOT[1]  # from the spine to the outside of the near feet


class Place:
    """The place of an animal's sign: (forward, aside), in trunk lengths, to fractions of the side.

    Aside is positive towards the viewer.
    """

    def __init__(self, scene: Scene, spine: float) -> None:
        self._origin = np.array([scene.middle, spine])
        self._scale = scene.length * np.array([scene.facing, 1.0])

    def __call__(self, places: Points) -> Points:
        return np.asarray(self._origin + places * self._scale)

    def radii(self, radii: Points) -> Points:
        """Scale radii [..., 2] likewise."""
        return np.asarray(radii * np.abs(self._scale))


def paint_animal_sign(
    painting: Painting, scene: Scene, body: Figure, place: Place, animal: str
) -> None:
    """Paint the animal from above: coat within a rim of its kind's colour, head tapering."""
    skin = _horse_parts if animal == "horse" else _zebra_parts
    parts = skin(scene, body, place, painting.size)
    whole = np.maximum.reduce([cover for cover, _ in parts])
    _cast(painting, whole, scene.light)
    painting.lay(smooth_step(0.02, 0.30, blur(whole, 0.022)), (1.0, 0.98, 0.93))
    painting.lay(smooth_step(0.08, 0.36, blur(whole, 0.013)), RIMS[animal])
    for cover, colour in parts:
        painting.lay(cover, colour)


_Part: TypeAlias = tuple[Floats, ArrayLike]  # coverage [S, S] and colour [3]


def _horse_parts(scene: Scene, body: Figure, place: Place, size: int) -> list[_Part]:
    """Return a horse from the ground up; its mane, socks and blaze as the picture has them."""
    coat = COATS[scene.coat]
    fill = np.asarray(coat.body) * (1 + 0.07 * scene.coat_tone)
    feet = _feet(scene, body, place)
    return [
        (_inked(size, feet[scene.socks :]), coat.points),
        (_inked(size, feet[: scene.socks]), _WHITE),
        (_cut(size, place(_tail(scene))), coat.hair),
        (_cut(size, place(_trunk(scene)), place(_neck(body))), fill),
        (_cut(size, *map(place, _head(body))), fill * _lowered(body)),
        (_cut(size, place(_mane(body))), coat.hair),
        (_cut(size, *([place(_blaze(body))] if scene.blaze else [])), _WHITE),
    ]


def _zebra_parts(scene: Scene, body: Figure, place: Place, size: int) -> list[_Part]:
    """Return a zebra from the ground up, with stripes across its trunk and neck."""
    trunk = _cut(size, place(_trunk(scene)), place(_neck(body)))
    return [
        (_inked(size, _feet(scene, body, place)), _BLACK),
        (_cut(size, place(_tail(scene))), _BLACK),
        (trunk, _WHITE),
        (_cut(size, *map(place, _head(body))), np.multiply(_WHITE, _lowered(body))),
        (trunk * _cut(size, *map(place, _stripes(body))), _BLACK),
    ]


def _cut(size: int, *outlines: Points) -> Floats:
    """Compute the coverage [S, S] of outlines [N, 2] together."""
    sheet = Sheet(size)
    for outline in outlines:
        sheet.polygon(outline)
    return sheet.coverage()


def _inked(size: int, ellipses: list[tuple[Points, Points]]) -> Floats:
    """Compute the coverage [S, S] of ellipses, each a middle [2] and radii [2]."""
    sheet = Sheet(size)
    for middle, radii in ellipses:
        sheet.ellipses(middle[None], radii[None])
    return sheet.coverage()


def _lowered(body: Figure) -> float:
    """Compute the head's brightness: what is higher is paler, so a lowered head is dark."""
    return 0.55 + 0.36 * float(body.poll[1])


def _stroke(spine: list[tuple[float, float]], samples: int) -> Points:
    """Outline a stroke along the animal's axis, from knots (forward, width)."""
    line = curve(spine, samples)
    return ribbon(np.stack((line[:, 0], np.zeros(samples)), -1), line[:, 1])


def _trunk(scene: Scene) -> Points:
    forward, width = _TRUNK.T
    round_ = 1 + 0.12 * scene.build * np.exp(-((forward / 0.25) ** 2))
    return _stroke(list(zip(forward.tolist(), (width * round_).tolist(), strict=True)), 40)


def _muzzle(body: Figure) -> float:
    """Compute how far forward the muzzle reaches."""
    return float(body.on_head(np.array([0.43, -0.05]))[0])


def _neck(body: Figure) -> Points:
    return _stroke([(0.34, 0.17), (0.46, 0.11), (float(body.poll[0]), 0.09)], 8)


def _head(body: Figure) -> list[Points]:
    """Return the face from the poll to the muzzle, then both ears."""
    start, end = float(body.poll[0]), _muzzle(body)
    at = [start + share * (end - start) for share in (-0.08, 0.25, 0.60, 0.92, 1.0)]
    face = _stroke(list(zip(at, (0.10, 0.165, 0.105, 0.095, 0.04), strict=True)), 20)
    ear = np.array([(0.06, 0.03), (-0.03, 0.02), (-0.07, 0.14)])
    return [face, *((start, 0.0) + ear * (1, side) for side in (-1, 1))]


def _tail(scene: Scene) -> Points:
    knots = np.array([(-0.48, 0.0), (-0.56, 0.01), (-0.64, 0.05 * scene.wind)])
    return ribbon(curve(knots, 10), np.interp(np.linspace(0, 1, 10), (0, 0.6, 1), (0.05, 0.08, 0)))


def _feet(scene: Scene, body: Figure, place: Place) -> list[tuple[Points, Points]]:
    """Compute middle and radii of each foot; a lifted one is nearer to the eye, so larger."""
    feet = []
    for index, leg in enumerate(body.legs):
        far = index >= 2
        middle = np.array([leg.hoof[:, 0].mean(), -_FOOT_ASIDE if far else _FOOT_ASIDE])
        lift = leg.hoof[:, 1].min() - (0.035 if far else 0.0)
        feet.append((place(middle), place.radii(_FOOT * (1 + 4 * lift))))
    return feet


def _mane(body: Figure) -> Points:
    return _stroke([(0.20, 0.02), (0.34, 0.05), (body.poll[0] + 0.05, 0.035)], 8)


def _blaze(body: Figure) -> Points:
    start, end = float(body.poll[0]), _muzzle(body)
    return _stroke([(0.8 * start + 0.2 * end, 0.045), (end - 0.02, 0.045)], 4)


def _stripes(body: Figure) -> list[Points]:
    across = np.array([(-0.021, -0.2), (0.021, -0.2), (0.021, 0.2), (-0.021, 0.2)])
    return [
        across + np.array([forward, 0.0])
        for forward in np.arange(-0.42, body.poll[0] - 0.05, 0.105).tolist()
    ]


def _cast(painting: Painting, cover: Floats, light: float) -> None:
    """Paint a short shadow away from the light."""
    right, up = round(-0.035 * light * painting.size), round(0.016 * painting.size)
    shadow = np.zeros_like(cover)
    across = slice(max(right, 0), painting.size + min(right, 0))
    origin = slice(max(-right, 0), painting.size + min(-right, 0))
    shadow[: painting.size - up, across] = cover[up:, origin]
    painting.glaze(0.8 * blur(shadow, 0.006), _SHADE)


def paint_tree_sign(
    painting: Painting, scene: Scene, ground: str, foot: Points, tall: float
) -> None:
    """Paint a crown from above about its trunk.

    It is lobed on the meadow, a spoked umbrella on savannas.
    """
    land = LANDS[ground]
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    lobes = np.stack((np.cos(turn), np.sin(turn)), -1)
    meadow = ground == "meadow"
    reach, swell = (0.36, 0.88 + 0.12 * np.abs(np.sin(4 * turn))) if meadow else (0.44, 1.0)
    crown, lit, wood = (Sheet(painting.size) for _ in range(3))
    crown.polygon(foot + reach * tall * lobes * np.reshape(swell, (-1, 1)))
    aside = 0.22 * reach * tall * np.array([np.sign(scene.light), -1.0])
    lit.polygon(foot + aside + 0.62 * reach * tall * lobes * np.reshape(swell, (-1, 1)))
    wood.ellipses(foot[None], np.full((1, 2), 0.11 * reach * tall))
    cover = crown.coverage()
    _cast(painting, cover, scene.light)
    painting.lay(smooth_step(0.05, 0.5, blur(cover, 0.006)), np.multiply(land.leaf, 0.55))
    painting.lay(cover, mix(land.leaf, land.leaf_lit, 0.25))
    painting.lay(lit.coverage(), land.leaf_lit)
    if not meadow:
        spokes = Sheet(painting.size)
        for angle in np.arange(5) * 2 * np.pi / 5 + 0.3:
            tip = 0.8 * reach * tall * np.array([np.cos(angle), np.sin(angle)])
            spokes.polygon(ribbon(np.array([foot, foot + tip]), np.array([0.012, 0.004])))
        painting.lay(0.8 * spokes.coverage(), np.multiply(BARK[ground], 1.1))
    painting.lay(wood.coverage(), np.multiply(BARK[ground], 0.8))


def paint_bush_sign(
    painting: Painting, scene: Scene, ground: str, foot: Points, half: float
) -> None:
    """Paint three small crowns side by side."""
    land = LANDS[ground]
    middles = foot + half * np.array([(-0.62, 0.08), (0.62, 0.08), (0.0, -0.10)])
    radii = half * np.array([0.40, 0.40, 0.50])[:, None] * np.ones(2)
    crowns, lit = Sheet(painting.size), Sheet(painting.size)
    crowns.ellipses(middles, radii)
    lit.ellipses(middles + 0.3 * radii * (np.sign(scene.light), -1.0), 0.5 * radii)
    cover = crowns.coverage()
    _cast(painting, cover, scene.light)
    painting.lay(smooth_step(0.05, 0.5, blur(cover, 0.005)), np.multiply(land.bush, 0.6))
    painting.lay(cover, land.bush)
    painting.lay(lit.coverage(), land.bush_lit)
