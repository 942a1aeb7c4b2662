"""Mane, forelock and tail."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from .anatomy import DOCK, Figure, Stand
from .brush import Layer, Points, Sheet, curve, mix, paint, ribbon
from .labels import Label
from .scene import Scene
from .stripes import neck_stripes

_LOCK = np.array([0.7, 1.0, 1.0, 0.85, 0.62, 0.36, 0.08])  # how a lock's width runs


@dataclass(frozen=True)
class Hair:
    """Parts painted behind the body and, last, over it."""

    tail: Layer
    mane: Layer


def _locks(stand: Stand, size: int, knots: Points, widths: ArrayLike, colour: ArrayLike) -> Layer:
    """Draw locks with knots [M, K, 2], lighter and darker in turn."""
    outlines = stand(ribbon(curve(knots, len(_LOCK)), np.asarray(widths)[:, None] * _LOCK))
    mass, tone = Sheet(size), Sheet(size, paper=110)
    mass.polygons(outlines)
    tone.polygons(outlines, 60 + 130 * (np.arange(len(knots)) * 2 % 5) // 4)
    shade = 0.62 + 0.85 * tone.coverage()
    return Layer(mass.coverage(), shade * paint(colour), Label.MANE)


def _mane_knots(scene: Scene, body: Figure) -> Points:
    """Place locks that fall from the crest with the wind, then the forelock, [M, 4, 2]."""
    last = len(body.crest) - 1
    at = np.linspace(4, last, 12).round().astype(int)
    root = body.crest[at]
    outward = root - body.throat[at]
    outward /= np.hypot(outward[:, 0], outward[:, 1])[:, None]
    uneven = (1 + 0.22 * np.sin(2.4 * np.arange(12)))[:, None]
    blown = np.array([-0.045 + 0.035 * scene.wind, 0.0])
    falls = np.array([-0.02 + 0.02 * scene.wind, -0.155]) * uneven
    locks = np.stack(
        (
            root - 0.03 * outward,
            root + 0.030 * outward + 0.2 * blown,
            root + 0.012 * outward + blown + 0.45 * falls,
            root + 1.3 * blown + falls,
        ),
        1,
    )
    fore = np.array(
        [
            [(-0.04, 0.00), (0.03, 0.055), (0.09, 0.045), (0.145, 0.02)],
            [(-0.03, 0.02), (0.02, 0.03), (0.07, 0.02), (0.12, -0.005)],
        ]
    )
    return np.concatenate((locks, body.on_head(fore)))


def horse_hair(scene: Scene, body: Figure, stand: Stand, size: int, colour: ArrayLike) -> Hair:
    """Return a flowing mane and a long tail."""
    mane = _mane_knots(scene, body)
    widths = np.concatenate((np.full(12, 0.066), (0.05, 0.045)))
    spread = np.linspace(-1, 1, 7)[:, None]
    sway = np.array([0.05 * scene.wind - 0.06 * scene.stride, 0.0])
    tail = np.stack(
        (
            DOCK + (0.03, -0.01) + 0.012 * spread * (0, 1),
            DOCK + (-0.065, -0.05) + 0.016 * spread * (1, 0.4) + 0.3 * sway,
            DOCK + (-0.105, -0.27) + 0.036 * spread * (1, 0) + 0.8 * sway,
            DOCK + (-0.085, -0.47) + 0.046 * spread * (1, 0) + sway,
            DOCK + (-0.115, -0.66) + 0.034 * spread * (1, 0.8) + 1.5 * sway,
        ),
        1,
    )
    return Hair(
        tail=_locks(stand, size, tail, np.full(7, 0.062), colour),
        mane=_locks(stand, size, mane, widths, colour),
    )


def zebra_hair(scene: Scene, body: Figure, stand: Stand, size: int) -> Hair:
    """Return an upright mane that carries on the neck's stripes, and a thin tail with a tuft."""
    white, black = (0.88, 0.83, 0.75), (0.11, 0.09, 0.09)
    crest = body.crest[2:]
    outward = crest - body.throat[2:]
    outward /= np.hypot(outward[:, 0], outward[:, 1])[:, None]
    rise = np.sin(np.linspace(0.25, 2.5, len(crest))) ** 0.7 * 0.085
    rise[1::2] -= 0.012  # the brush's ragged edge
    upper = crest + outward * rise[:, None]
    mane, marks = Sheet(size), Sheet(size)
    mane.polygon(stand(np.concatenate((upper, (crest - 0.012 * outward)[::-1]))))
    tips = np.concatenate((upper, (upper - 0.016 * outward)[::-1]))
    marks.polygon(stand(tips), 190)
    marks.polygons(stand(neck_stripes(body, 1 + 0.10 * scene.stripe_width)))
    sway = np.array([0.05 * scene.wind - 0.05 * scene.stride, 0.0])
    line = DOCK + curve(
        np.array(
            [
                (0.03, -0.01),
                (-0.055, -0.06) + 0.2 * sway,
                (-0.085, -0.22) + 0.6 * sway,
                (-0.080, -0.38) + 1.0 * sway,
            ]
        ),
        12,
    )
    tuft = line[-3] + np.array([(0, 0.0), (-0.008, -0.08), (-0.012, -0.17), (-0.03, -0.25)])
    tail, dark = Sheet(size), Sheet(size)
    tail.polygon(stand(ribbon(line, np.linspace(0.055, 0.032, 12))))
    dark.polygon(stand(ribbon(curve(tuft, 7), 0.085 * _LOCK)))
    tail.polygon(stand(ribbon(curve(tuft, 7), 0.085 * _LOCK)))
    stripes, end = marks.coverage(), dark.coverage()
    dun = np.multiply(white, 0.86)
    return Hair(
        tail=Layer(tail.coverage(), mix(dun, black, end), Label.ZEBRA, end, Label.MANE),
        mane=Layer(mane.coverage(), mix(white, black, stripes), Label.ZEBRA, stripes, Label.STRIPE),
    )
