"""Variations of training items that users' copies of their kind may show, whatever the item is.

What is usual is fitted to them too, or a picture that was saved as JPEG, and a recording in another
room, would count as of another kind.
"""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.codecs.image import Picture
from pipeline.inference.sound_statistics import BANDS

Floats = npt.NDArray[np.float64]

SMALLEST = 8
EQUALISER = 0.7
"""Std of each of its parts, nepers."""


def vary_picture(picture: Picture, draws: np.random.Generator) -> Picture:
    """Crop, mirror, resize, relight and compress a picture uint8 [H, W, C], C 1 or 3, by chance.

    A crop of 3/4 of the side at least; half to twice its pixels a side; gain and gamma within a
    quarter, colour balance within 4 %; half of them as JPEG of quality 60 to 95.
    """
    height, width, channels = picture.shape
    side = max(min(SMALLEST, height, width), round(min(height, width) * draws.uniform(0.75, 1)))
    top, left = draws.integers(height - side + 1), draws.integers(width - side + 1)
    square = picture[top : top + side, left : left + side]
    if draws.random() < 0.5:
        square = square[:, ::-1]
    size = max(SMALLEST, round(side * 2 ** draws.uniform(-1, 1)))
    resized = as_image(square).resize((size, size), Image.Resampling.BICUBIC)
    light = np.asarray(resized, np.float64).reshape(size, size, channels) / 255
    gain, gamma = 2 ** draws.uniform(-0.3, 0.3), 2 ** draws.uniform(-0.25, 0.25)
    balance = 2 ** draws.uniform(-0.06, 0.06, channels)
    lit: Picture = np.rint(255 * (light**gamma * gain * balance).clip(0, 1)).astype(np.uint8)
    if draws.random() < 0.5:
        buffer = io.BytesIO()
        as_image(lit).save(buffer, "JPEG", quality=int(draws.integers(60, 96)))
        lit = np.asarray(Image.open(buffer)).reshape(lit.shape)
    return lit


def as_image(picture: Picture) -> Image.Image:
    """Return a picture uint8 [H, W, C], C 1 or 3, as Pillow has it."""
    whole = np.ascontiguousarray(picture)
    return Image.fromarray(whole.squeeze(2) if whole.shape[2] == 1 else whole)


def vary_bands(bands: Floats, draws: np.random.Generator) -> Floats:
    """Let log amplitudes [T, BANDS] be spoken by others elsewhere, by chance: [T', BANDS].

    Up to a third faster or slower; a longer or shorter vocal tract, by a fifth; a smooth equaliser,
    as of another microphone; up to a third more or less lively; a steady floor of noise, 3 to 9
    nepers (26 to 78 dB) below the loudest.
    """
    x = interpolated(bands, np.linspace(0, len(bands) - 1, round(len(bands) * spread(draws, 0.4))))
    x = interpolated(x.T, (np.arange(BANDS) * spread(draws, 0.3)).clip(0, BANDS - 1)).T
    mean = x.mean(axis=0)
    x = (x - mean) * spread(draws, 0.4) + mean + EQUALISER * smooth(draws.normal(size=4))
    floor = np.quantile(x, 0.98) - draws.uniform(3, 9) + 0.3 * smooth(draws.normal(size=2))
    varied: Floats = np.logaddexp(x, floor)
    return varied


def spread(draws: np.random.Generator, octaves: float) -> float:
    """Draw a factor of up to so many octaves up or down."""
    return float(2 ** draws.uniform(-octaves, octaves))


def interpolated(x: Floats, places: Floats) -> Floats:
    """Read rows of [T, F] at ``places`` between 0 and T - 1, linearly."""
    lower = places.astype(int)
    upper = np.minimum(lower + 1, len(x) - 1)
    share = (places - lower)[:, None]
    read: Floats = x[lower] * (1 - share) + x[upper] * share
    return read


def smooth(weights: Floats) -> Floats:
    """Add up cosines over the bands [BANDS], of half a period and its multiples."""
    places = np.linspace(0, np.pi, BANDS)
    total: Floats = weights @ np.cos(np.arange(1, len(weights) + 1)[:, None] * places)
    return total
