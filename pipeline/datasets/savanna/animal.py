"""The animal's body and hair: coats, stripes, form and shadow."""

from dataclasses import dataclass

import numpy as np

from .anatomy import EYE, NOSTRIL, Figure, Leg, Stand, leg_outline
from .brush import (
    Floats,
    Layer,
    Painting,
    Points,
    Sheet,
    blur,
    curve,
    grid,
    mix,
    noise,
    paint,
    ribbon,
    smooth_step,
)
from .hair import horse_hair, zebra_hair
from .labels import Label
from .lands import Use, numbers
from .scene import Scene
from .stripes import leg_bands, near_stripes

_WHITE = (0.93, 0.90, 0.86)
_DARK = (0.11, 0.09, 0.09)


@dataclass(frozen=True)
class Coat:
    """Colours of a horse, 0 to 1."""

    body: tuple[float, float, float]
    hair: tuple[float, float, float]
    points: tuple[float, float, float]  # lower legs and muzzle
    dapple: float = 0.0  # strength of the grey's pale spots


COATS = {
    "bay": Coat((0.50, 0.26, 0.12), (0.13, 0.09, 0.08), (0.18, 0.12, 0.10)),
    "chestnut": Coat((0.58, 0.29, 0.13), (0.40, 0.19, 0.09), (0.52, 0.26, 0.12)),
    "black": Coat((0.25, 0.21, 0.20), (0.08, 0.07, 0.08), (0.11, 0.10, 0.10)),
    "grey": Coat((0.56, 0.55, 0.55), (0.57, 0.56, 0.57), (0.33, 0.32, 0.34), 0.10),
    "palomino": Coat((0.70, 0.46, 0.21), (0.80, 0.70, 0.50), (0.62, 0.42, 0.22)),
    "dun": Coat((0.59, 0.43, 0.26), (0.17, 0.12, 0.10), (0.24, 0.17, 0.13)),
}


@dataclass(frozen=True)
class _Skin:
    """Colours [3, S, S] of the near and the far side, and a zebra's stripes [S, S] on them."""

    near: Floats
    far: Floats
    near_stripes: Floats | None = None
    far_stripes: Floats | None = None


@dataclass(frozen=True)
class _Masks:
    """Coverages [S, S] of the parts."""

    far: Floats  # far legs and ear
    near: Floats  # everything else but hair and hooves
    far_hooves: Floats
    near_hooves: Floats


def _masks(body: Figure, stand: Stand, size: int) -> _Masks:
    far, near, far_hooves, near_hooves = (Sheet(size) for _ in range(4))
    for index, leg in enumerate(body.legs):
        skin, horn = (far, far_hooves) if index >= 2 else (near, near_hooves)
        skin.polygon(stand(leg_outline(leg)))
        horn.polygon(stand(leg.hoof))
    far.polygon(stand(body.far_ear))
    for outline in (body.trunk, body.neck, body.head, body.near_ear):
        near.polygon(stand(outline))
    return _Masks(far.coverage(), near.coverage(), far_hooves.coverage(), near_hooves.coverage())


def paint_shadow(painting: Painting, scene: Scene, body: Figure, stand: Stand) -> None:
    """Paint the body's shadow, thrown back and away from the light, and a darker one under it."""
    sheet = Sheet(painting.size)
    lean = -0.55 * scene.light
    outlines = [body.trunk, body.neck, body.head, *map(leg_outline, body.legs)]
    for outline in outlines:
        cast = stand(outline)
        height = scene.feet - cast[:, 1]
        cast[:, 0] += lean * height
        cast[:, 1] = scene.feet - 0.012 - 0.15 * height
        sheet.polygon(cast)
    x, y = grid(painting.size)
    under = ((x - scene.middle) / (0.52 * scene.length)) ** 2
    under = under + ((y - scene.feet + 0.02) / 0.05) ** 2
    dark = np.maximum(0.8 * blur(sheet.coverage(), 0.012), 0.75 * np.exp(-under))
    painting.glaze(dark.astype(np.float32), (0.58, 0.60, 0.69))


def _form(body: Figure, stand: Stand, size: int) -> Floats:
    """Compute muscles as light and dark [S, S], about -1 to 1: what an outline cannot tell."""
    sheet = Sheet(size, paper=128)

    def blob(place: tuple[float, float], radii: tuple[float, float], ink: int) -> None:
        turn = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        ring = np.asarray(place) + np.stack((np.cos(turn), np.sin(turn)), -1) * radii
        sheet.polygon(stand(ring), ink)

    blob((0.03, 0.60), (0.36, 0.12), 92)  # underside of the belly
    blob((-0.02, 0.84), (0.26, 0.08), 150)  # barrel, lit from above
    blob((-0.33, 0.80), (0.13, 0.13), 172)  # haunch
    blob((0.37, 0.74), (0.09, 0.15), 166)  # shoulder
    blob((-0.165, 0.66), (0.035, 0.11), 70)  # hollow of the flank
    blob((0.245, 0.66), (0.022, 0.17), 74)  # behind the shoulder
    for line, ink in ((0.30, 150), (0.86, 84)):  # crest's light, shade under the throat
        middle = body.crest + line * (body.throat - body.crest)
        sheet.polygon(stand(_band(middle[3:], 0.05)), ink)
    jaw = np.array([(0.09, -0.085), (0.15, -0.115), (0.13, -0.155), (0.04, -0.15), (0.03, -0.11)])
    sheet.polygon(stand(body.on_head(jaw)), 160)
    cheek_edge = np.array([(0.17, -0.10), (0.21, -0.06), (0.23, -0.08), (0.20, -0.13)])
    sheet.polygon(stand(body.on_head(cheek_edge)), 80)
    return (blur(sheet.coverage(), 0.016) - np.float32(128 / 255)) * 2


def _band(middle: Points, width: float) -> Points:
    return ribbon(middle, np.full(len(middle), width))


def _shade(cover: Floats, light: float, form: Floats | float) -> Floats:
    """Compute the brightness [S, S] of a rounded body, about 0.5 to 1.3.

    The light comes from above and one side.
    """
    size = len(cover)
    round_ = blur(cover, 0.050) + 0.5 * blur(cover, 0.014)
    down, right = np.gradient(round_, 1 / size)
    facing = -(0.75 * np.sign(light) * abs(light) ** 0.5 * right - 0.80 * down) * 0.075
    # A surface that falls away from the light has down > 0 below and right < 0 on the right.
    lit = np.tanh(1.1 * facing)
    return np.asarray(1.0 + 0.34 * lit + 0.55 * form, np.float32)


def _horse_skin(scene: Scene, body: Figure, stand: Stand, size: int) -> _Skin:
    coat = COATS[scene.coat]
    _, y = grid(size)
    height = (scene.feet - y) / scene.length + np.zeros((1, size), np.float32)
    tone = 1 + 0.07 * scene.coat_tone
    skin = mix(coat.points, np.asarray(coat.body) * tone, smooth_step(0.22, 0.46, height))
    if coat.dapple:
        spots = noise(size, numbers(scene, Use.DAPPLE), (52, 52))
        skin = skin + coat.dapple * smooth_step(-0.3, 0.8, spots) * (height > 0.5)
    # A grazing head is as low as the legs are: its dark points are its muzzle's alone.
    head = Sheet(size)
    head.polygon(stand(body.head))
    head.polygon(stand(body.neck))
    for reach, ink in ((0.32, 170), (0.37, 90)):
        muzzle = np.array([(reach, 0.03), (0.46, 0.02), (0.46, -0.13), (reach - 0.03, -0.13)])
        head.polygon(stand(body.on_head(muzzle)), ink)
    skin = mix(skin, np.asarray(coat.body) * tone, head.coverage())
    far = skin
    if scene.blaze:
        blaze = Sheet(size)
        line = np.array([(0.05, 0.035), (0.2, 0.022), (0.36, -0.004), (0.42, -0.03)])
        blaze.polygon(stand(_band(curve(body.on_head(line), 12), 0.045)))
        skin = mix(skin, _WHITE, 0.92 * blaze.coverage())
    if scene.socks:
        near_sock, far_sock = Sheet(size), Sheet(size)
        for index, leg in enumerate(body.legs[: scene.socks]):
            sock = Leg(leg.centre[18:], leg.widths[18:] + 0.02, leg.hoof)
            (far_sock if index >= 2 else near_sock).polygon(stand(leg_outline(sock)))
        skin = mix(skin, _WHITE, 0.92 * near_sock.coverage())
        far = mix(far, _WHITE, 0.92 * far_sock.coverage())
    return _Skin(skin, far)


def _zebra_skin(scene: Scene, body: Figure, stand: Stand, size: int) -> _Skin:
    width = 1 + 0.10 * scene.stripe_width
    near, far = Sheet(size), Sheet(size)
    for outlines in near_stripes(body, width):
        near.polygons(stand(outlines))
    for leg, fore in ((body.legs[2], True), (body.legs[3], False)):
        far.polygons(stand(leg_bands(leg, fore, width)))
    muzzle = body.on_head(np.array([(0.345, 0.03), (0.46, 0.02), (0.46, -0.13), (0.315, -0.13)]))
    near.polygon(stand(muzzle), 235)
    white, black = (0.92, 0.89, 0.83), (0.13, 0.11, 0.12)
    near_dark, far_dark = near.coverage(), far.coverage()
    return _Skin(mix(white, black, near_dark), mix(white, black, far_dark), near_dark, far_dark)


def paint_animal(painting: Painting, scene: Scene, body: Figure, stand: Stand, animal: str) -> None:
    """Paint far legs, tail, body, face and mane, in this order."""
    size = painting.size
    label = Label.HORSE if animal == "horse" else Label.ZEBRA
    masks = _masks(body, stand, size)
    if animal == "horse":
        skin = _horse_skin(scene, body, stand, size)
        hair = horse_hair(scene, body, stand, size, COATS[scene.coat].hair)
    else:
        skin = _zebra_skin(scene, body, stand, size)
        hair = zebra_hair(scene, body, stand, size)
    shade = _shade(masks.near, scene.light, _form(body, stand, size))
    shade = shade + 0.045 * noise(size, numbers(scene, Use.COAT), (64, 64))
    horn = (0.24, 0.20, 0.17)
    far_shade = _shade(masks.far, scene.light, 0.0) * paint((0.66, 0.66, 0.71))
    painting.lay_patterned(
        Layer(masks.far, skin.far * far_shade, label, skin.far_stripes, Label.STRIPE)
    )
    painting.lay(masks.far_hooves, np.multiply(horn, 0.7), Label.HOOF)
    painting.lay_patterned(hair.tail)
    painting.lay_patterned(
        Layer(masks.near, skin.near * shade, label, skin.near_stripes, Label.STRIPE)
    )
    painting.lay(masks.near_hooves, horn, Label.HOOF)
    _paint_face(painting, body, stand)
    painting.lay_patterned(hair.mane)


def _paint_face(painting: Painting, body: Figure, stand: Stand) -> None:
    """Paint an eye with a glint, nostril, mouth and the inside of the ear."""
    dark, glint = Sheet(painting.size), Sheet(painting.size)
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = np.stack((np.cos(turn), np.sin(turn)), -1)
    dark.polygon(stand(body.on_head(EYE + ring * (0.026, 0.018))))
    dark.polygon(stand(body.on_head(NOSTRIL + ring * (0.016, 0.012))), 200)
    mouth = np.array([(0.418, -0.078), (0.37, -0.072), (0.345, -0.078)])
    dark.polygon(stand(_band(curve(body.on_head(mouth), 8), 0.010)), 150)
    glint.polygon(stand(body.on_head(EYE + (-0.004, 0.006) + ring * 0.006)))
    painting.lay(dark.coverage(), _DARK)
    painting.lay(0.8 * glint.coverage(), (0.95, 0.95, 0.95))
