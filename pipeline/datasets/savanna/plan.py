"""A scene as a map: the ground from straight above, with its sky as a strip along the far edge.

Columns are directions, so what stands left in the picture stands left on the plan. Rows are
distances: for a camera of one height and one focal length, ground that the picture shows y below
the horizon is 1 / y away (perspective of a plane), and the plan's rows run with the root of its
inverse, so that far things keep some room. The picture's lower edge is nearer or farther as the
camera looks down or up: where the land ends on the plan says where the picture's horizon is.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from . import landscape
from .anatomy import figure
from .brush import Floats, Painting, Points, Sheet, blur, grid, mix, smooth_step
from .draw import check
from .lands import LANDS
from .plants import bush_places, tree_places
from .scene import Scene
from .symbols import DEPTH, Place, paint_animal_sign, paint_bush_sign, paint_tree_sign

_STRIP, _FOOT = 0.13, 0.955  # rows of the sky's lower edge and of the nearest ground of any scene
_STEEPEST = 0.76  # the most of a picture's height that is ground
_PAPER, _INK = (0.94, 0.90, 0.81), (0.25, 0.21, 0.20)
_RANGES = (0.185, 0.240)  # rows of the far and the near hills
_BREADTH = 0.44  # from a range's middle to its foot, by its rise in the picture
_TINTS = (  # rise above the horizon from which a tint holds
    (0.00, (0.54, 0.41, 0.31)),
    (0.04, (0.68, 0.56, 0.44)),
    (0.10, (0.97, 0.96, 0.95)),
)
_LINE = 0.012  # width of lines


def plan(scene: Scene, size: int, animal: str, ground: str) -> NDArray[np.uint8]:
    """Return the scene's map, uint8 [size, size, 3]; a pure function of its arguments.

    Raises ValueError for an animal, ground or size that cannot be drawn.
    """
    check(size, animal, ground)
    painting = Painting(size)
    painting.lay(np.ones((size, size), np.float32), _PAPER)
    _paint_land(painting, scene, ground)
    _paint_hills(painting, scene)
    _paint_dots(painting, scene, ground)
    _paint_plants(painting, scene, ground)
    place = Place(scene, row(scene, scene.feet) - DEPTH * scene.length)
    paint_animal_sign(painting, scene, figure(scene), place, animal)
    _paint_sky(painting, scene)
    landscape.daylight(painting, scene)
    return painting.finished()


def row(scene: Scene, height: float) -> float:
    """Return where ground that the picture shows at a height lies on the plan, both from the
    top."""
    return float(_rows(scene, np.array(height)))


def _rows(scene: Scene, heights: Points) -> Points:
    below = np.maximum(heights - scene.horizon, 0.0)
    return np.asarray(_STRIP + (_FOOT - _STRIP) * np.sqrt(below / _STEEPEST))


def _on_plan(scene: Scene, places: Points) -> Points:
    """Convert places on the picture's ground, [M, 2], to places on the plan."""
    return np.stack((places[:, 0], _rows(scene, places[:, 1])), -1)


def _band(size: int, top: float, foot: float) -> Floats:
    """Compute the coverage [S, S] of all that lies between two rows."""
    sheet = Sheet(size)
    sheet.polygon(np.array([(-0.01, top), (1.01, top), (1.01, foot), (-0.01, foot)]))
    return sheet.coverage()


def _paint_land(painting: Painting, scene: Scene, ground: str) -> None:
    """Paint the land in the picture, with its bare patches, to the picture's lower edge."""
    size, land = painting.size, LANDS[ground]
    _, y = grid(size)
    share = np.clip((y[:, 0] - _STRIP) / (_FOOT - _STRIP), 0, None)
    heights = (scene.horizon + _STEEPEST * share**2) * size - 0.5
    _, patches, _, _ = landscape.ground_noise(scene, size)
    places = np.broadcast_arrays(heights[:, None], np.arange(size)[None, :])
    seen = ndimage.map_coordinates(patches, places, order=1, mode="nearest")
    bare = smooth_step(0.12, 0.30, seen)
    colour = mix(mix(land.far, land.near, 0.45), mix(land.bare, land.far, 0.15), bare)
    edge = row(scene, 1.0)
    painting.lay(_band(size, _STRIP, edge), colour)
    painting.lay(_band(size, edge, edge + _LINE), _INK)


def _paint_hills(painting: Painting, scene: Scene) -> None:
    """Paint both ranges along the far edge in a relief map's tints, broader where higher."""
    for layer, middle in enumerate(_RANGES):
        crest = landscape.ridge(scene, layer)[:-2]
        rise = scene.horizon - crest[:, 1]
        near_side = Sheet(painting.size)
        near_side.polygon(_slopes(crest[:, 0], middle, 0 * rise, _BREADTH * rise))
        for level, tint in _TINTS:
            half = _BREADTH * np.clip(rise - level, 0.0, None)
            sheet = Sheet(painting.size)
            sheet.polygon(_slopes(crest[:, 0], middle, half, half))
            painting.lay(sheet.coverage(), tint)
        painting.glaze(near_side.coverage(), (0.78, 0.76, 0.78))


def _slopes(along: Points, middle: float, far: Points, near: Points) -> Points:
    """Outline a range [2N, 2], reaching far and near [N] to either side of its middle."""
    upper, lower = np.stack((along, middle - far), -1), np.stack((along, middle + near), -1)
    return np.concatenate((upper, lower[::-1]))


def _paint_dots(painting: Painting, scene: Scene, ground: str) -> None:
    """Paint flowers or stones."""
    middles, radii, flower = landscape.dots(scene)
    sheet = Sheet(painting.size)
    sheet.ellipses(_on_plan(scene, middles), np.stack((radii, radii), -1) + 0.003)
    painting.lay(sheet.coverage(), flower if ground == "meadow" else landscape.STONE)


def _paint_plants(painting: Painting, scene: Scene, ground: str) -> None:
    """Paint bushes, then trees, of each what is far first."""
    for places, paint_sign in ((bush_places, paint_bush_sign), (tree_places, paint_tree_sign)):
        _, feet, sizes = places(scene)
        for nth in np.argsort(feet[:, 1]).tolist():
            paint_sign(painting, scene, ground, _on_plan(scene, feet)[nth], float(sizes[nth]))


def _paint_sky(painting: Painting, scene: Scene) -> None:
    """Paint the sky, pressed flat into a strip: its tones, and clouds and sun in their columns."""
    size = painting.size
    _, y = grid(size)
    top, low = landscape.sky_colours(scene)
    share = np.clip(y / _STRIP, 0, 1) ** 1.3 + np.zeros((1, size), np.float32)
    strip = _band(size, 0.0, _STRIP)
    painting.lay(strip, mix(top, low, share))
    if scene.clouds:
        middles, radii = landscape.cloud_puffs(scene)
        press = np.array([1.0, _STRIP / scene.horizon])
        clouds = Sheet(size)
        clouds.ellipses(middles * press, radii * press)
        painting.lay(strip * smooth_step(0.1, 0.8, blur(clouds.coverage(), 0.004)), (1.0, 1.0, 1.0))
    sun, glow = Sheet(size), Sheet(size)
    middle = np.array([[0.5 + 0.45 * scene.light, 0.55 * _STRIP]])
    glow.ellipses(middle, np.full((1, 2), 0.045))
    sun.ellipses(middle, np.full((1, 2), 0.030))
    painting.lay(0.8 * strip * blur(glow.coverage(), 0.008), (1.0, 0.95, 0.75))
    painting.lay(sun.coverage(), (1.0, 0.78, 0.20))
    painting.lay(_band(size, _STRIP - 0.5 * _LINE, _STRIP + 0.5 * _LINE), _INK)
