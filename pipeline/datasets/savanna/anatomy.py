"""The animal's body as outlines, from its pose.

Body coordinates: x forward, y up, in trunk lengths (chest to buttock); the ground is y = 0 and the
middle of the trunk x = 0. Both animals share the body; only hair differs.
"""

from dataclasses import dataclass

import numpy as np

from .brush import Points, curve, ribbon
from .scene import Scene

_TRUNK = np.array(
    [
        (0.25, 1.000),  # withers
        (0.12, 0.962),
        (-0.02, 0.940),  # back
        (-0.17, 0.958),  # loin
        (-0.30, 0.982),  # croup
        (-0.41, 0.945),
        (-0.475, 0.870),  # dock
        (-0.505, 0.770),  # buttock
        (-0.485, 0.660),
        (-0.42, 0.590),
        (-0.24, 0.585),  # stifle
        (-0.16, 0.590),  # flank
        (-0.02, 0.530),  # belly
        (0.14, 0.500),
        (0.27, 0.505),  # girth
        (0.40, 0.555),
        (0.480, 0.630),  # breast
        (0.500, 0.720),  # point of the shoulder
        (0.46, 0.820),
        (0.36, 0.935),
    ]
)
_BELLY = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.2, 0.8, 1, 1, 0.7, 0.2, 0, 0, 0, 0])

# Head coordinates: x from the poll to the muzzle, y towards the forehead's side.
_HEAD = np.array(
    [
        (-0.03, 0.010),  # poll
        (0.06, 0.040),  # forehead
        (0.17, 0.032),
        (0.28, 0.010),  # bridge of the nose
        (0.37, 0.002),
        (0.415, -0.018),  # nostril
        (0.430, -0.060),
        (0.405, -0.098),  # lips
        (0.365, -0.108),  # chin
        (0.290, -0.100),
        (0.210, -0.130),
        (0.120, -0.175),  # jaw
        (0.030, -0.165),
        (-0.040, -0.110),
    ]
)
_NEAR_EAR = np.array(
    [(-0.03, 0.0), (-0.070, 0.060), (-0.085, 0.150), (-0.03, 0.105), (0.015, 0.03)]
)
_FAR_EAR = np.add(_NEAR_EAR, (0.052, 0.000))
EYE = np.array([0.125, -0.012])
NOSTRIL = np.array([0.395, -0.042])
THROAT = np.array([0.02, -0.15])
CHEST = np.array([0.490, 0.690])
WITHERS = np.array([0.24, 0.998])
DOCK = np.array([-0.470, 0.885])

# Head carriage: (head, neck's angle, head's angle), degrees above the horizontal.
_CARRIAGE = np.array([(0.0, -43, -68), (0.4, 12, -46), (0.75, 43, -50), (1.0, 57, -44)])
_NECK_ROOT, _NECK_LENGTH = np.array([0.33, 0.85]), 0.475

# A walk's footfalls: near hind, near fore, far hind, far fore, a quarter of the cycle apart.
_FOOTFALL = (0.25, 0.0, 0.75, 0.5)
_FORE_WIDTHS = (0.24, 0.185, 0.125, 0.082, 0.086, 0.060, 0.058, 0.070, 0.056, 0.066)
_HIND_WIDTHS = (0.36, 0.30, 0.165, 0.088, 0.098, 0.066, 0.062, 0.072, 0.058, 0.068)
FETLOCK = 0.105  # its height on a foot that stands


@dataclass(frozen=True)
class Leg:
    """A leg from the trunk to the hoof."""

    centre: Points  # [N, 2] its line from hip or shoulder to the hoof's top
    widths: Points  # [N]
    hoof: Points  # [4, 2]


@dataclass(frozen=True)
class Figure:
    """All outlines of an animal in one pose, body coordinates."""

    trunk: Points  # [T, 2]
    neck: Points  # [2K, 2] crest, then throat backwards
    crest: Points  # [K, 2] withers to poll
    throat: Points  # [K, 2] chest to throat, alongside the crest
    head: Points  # [H, 2]
    near_ear: Points
    far_ear: Points
    legs: tuple[Leg, Leg, Leg, Leg]  # near fore, near hind, far fore, far hind
    poll: Points  # [2]
    head_axes: Points  # [2, 2] rows: poll to muzzle; towards the forehead

    def on_head(self, places: Points) -> Points:
        """Convert head coordinates [..., 2] to body coordinates."""
        return np.asarray(self.poll + places @ self.head_axes)


def _direction(degrees: float) -> Points:
    angle = np.deg2rad(degrees)
    return np.array([np.cos(angle), np.sin(angle)])


def _bezier(a: Points, b: Points, c: Points, d: Points, samples: int) -> Points:
    t = np.linspace(0, 1, samples)[:, None]
    return np.asarray(
        (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    )


def _joint(start: Points, end: Points, upper: float, lower: float, side: float) -> Points:
    """Return the knee of a two-bone limb; side 1 bends it forward, -1 back. Far feet stretch it."""
    reach = end - start
    distance = float(np.hypot(*reach))
    stretch = max(1.0, distance / (upper + lower) * 1.002)
    upper, lower = upper * stretch, lower * stretch
    along = (upper**2 - lower**2 + distance**2) / (2 * distance)
    off = np.sqrt(max(upper**2 - along**2, 0.0))
    unit = reach / distance
    return np.asarray(start + along * unit + side * off * np.array([-unit[1], unit[0]]))


def _foot(scene: Scene, leg: int) -> tuple[float, float]:
    """Compute forward shift and lift of a foot: where it stands or where the walk has it."""
    shift = 0.035 * scene.stance[leg] * (1 - scene.stride)
    moment = (scene.phase + _FOOTFALL[leg]) % 1.0
    reach = 0.17 * scene.stride
    if moment < 0.62:  # on the ground, moving back under the body
        return shift + reach * (1 - 2 * moment / 0.62), 0.0
    swing = (moment - 0.62) / 0.38
    return shift + reach * (2 * swing - 1), 0.12 * scene.stride * float(np.sin(np.pi * swing))


def _leg(scene: Scene, index: int) -> Leg:
    fore, far = index in (0, 2), index >= 2
    shift, lift = _foot(scene, index)
    depth = 0.035 if far else 0.0  # what stands farther stands higher in the picture
    aside = (0.065 if fore else -0.075) if far else 0.0
    if fore:
        hip, root = np.array([0.37 - aside, 0.68]), np.array([0.345 - aside, 0.585])
        fetlock = np.array([0.335 - aside + shift, FETLOCK + depth + lift])
        knee = _joint(root, fetlock, 0.285, 0.205, 1.0)
    else:
        hip, root = np.array([-0.32, 0.77]), np.array([-0.295 - 0.5 * aside, 0.60])
        hip[0] += 0.2 * shift
        root[0] += 0.35 * shift
        fetlock = np.array([-0.405 - aside + shift, FETLOCK + depth + lift])
        knee = _joint(root, fetlock, 0.275, 0.262, -1.0)
    fold = lift / 0.12
    pastern = _direction(-62 - 55 * fold)
    hoof_top = fetlock + 0.065 * pastern
    shin = fetlock - knee
    centre = np.array(
        [
            hip,
            root,
            root + 0.45 * (knee - root) + ((0.0, 0.0) if fore else (0.012, 0.0)),
            root + 0.88 * (knee - root),
            knee + 0.05 * shin,
            knee + 0.3 * shin,
            knee + 0.7 * shin,
            fetlock,
            fetlock + 0.03 * pastern,
            hoof_top,
        ]
    )
    widths = np.array(_FORE_WIDTHS if fore else _HIND_WIDTHS)
    line = curve(np.concatenate((centre, widths[:, None]), 1), 28)
    toe = _direction(-28 - 55 * fold)
    sole_back = hoof_top + 0.058 * _direction(-90 - 40 * fold) - 0.040 * toe * (1.0, 0.4)
    sole_toe = hoof_top + 0.058 * _direction(-90 - 40 * fold) + 0.062 * toe * (1.0, 0.2)
    if not lift:  # a foot that stands stands flat
        sole_back[1] = sole_toe[1] = depth
    hoof = np.array(
        [hoof_top - 0.034 * toe, hoof_top + 0.036 * toe, sole_toe, sole_back],
    )
    return Leg(line[:, :2], line[:, 2], hoof)


def _neck(scene: Scene) -> tuple[Points, Points, Points, Points]:
    """Compute crest, throat, poll and the head's axes."""
    angle = float(np.interp(scene.head, _CARRIAGE[:, 0], _CARRIAGE[:, 1]))
    tilt = float(np.interp(scene.head, _CARRIAGE[:, 0], _CARRIAGE[:, 2]))
    poll = _NECK_ROOT + _NECK_LENGTH * _direction(angle)
    axes = np.array([_direction(tilt), _direction(tilt + 90)])
    throat_end = poll + THROAT @ axes
    crest = _bezier(
        WITHERS,
        WITHERS + 0.17 * _direction((0.62 if angle > 0 else 0.40) * angle - 4),
        poll - 0.17 * _direction(angle - 24),
        poll,
        24,
    )
    throat = _bezier(
        CHEST,
        CHEST + 0.13 * _direction(0.8 * angle + 26),
        throat_end - 0.13 * _direction(angle - 4),
        throat_end,
        24,
    )
    return crest, throat, poll, axes


def figure(scene: Scene) -> Figure:
    """Return the body in the scene's pose."""
    crest, throat, poll, axes = _neck(scene)
    trunk = _TRUNK.copy()
    trunk[:, 1] -= 0.022 * scene.build * _BELLY
    return Figure(
        trunk=curve(trunk, 80, closed=True),
        neck=np.concatenate((crest, throat[::-1])),
        crest=crest,
        throat=throat,
        head=poll + curve(_HEAD, 48, closed=True) @ axes,
        near_ear=poll + curve(_NEAR_EAR, 14, closed=True) @ axes,
        far_ear=poll + curve(_FAR_EAR, 14, closed=True) @ axes,
        legs=(_leg(scene, 0), _leg(scene, 1), _leg(scene, 2), _leg(scene, 3)),
        poll=poll,
        head_axes=axes,
    )


def leg_outline(leg: Leg) -> Points:
    """Return the leg without its hoof, [2N, 2]."""
    return ribbon(leg.centre, leg.widths)


class Stand:
    """The body's place in the picture: body coordinates to fractions of the side."""

    def __init__(self, scene: Scene) -> None:
        self._scale = np.array([scene.facing * scene.length, -scene.length])
        self._origin = np.array([scene.middle, scene.feet])

    def __call__(self, places: Points) -> Points:
        return np.asarray(self._origin + places * self._scale)
