"""Statistics of a picture that say what kind it is: colours, edges at several scales, and where.

They are means over all pixels, so that the size does not count, of a picture that is brought to the
resolution of those that a model was trained on.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipeline.codecs.image import Picture

Floats = npt.NDArray[np.float64]
Planes = npt.NDArray[np.float32]

MOST_SIDE = 128
"""Pixels: what kind of picture it is shows at this resolution too, in a few milliseconds."""
LONGEST = 4
"""Times the short side: a picture that is longer is squeezed to it."""
SCALES = 4
FLAT = 0.02
"""Difference of neighbours, of values in [-1, 1], below which a place is flat: 2.5 levels."""


def picture_statistics(picture: Picture, size: int) -> Floats:
    """Compute the statistics [79] of a picture uint8 [H, W, C], C 1 or 3.

    ``size``: the side of the pictures that a model was trained on.
    """
    x = opponent(at_side(picture, min(size, MOST_SIDE)))
    return np.array([*colours(x), *edges(x), *layout(x)], np.float64)


def at_side(picture: Picture, side: int) -> Picture:
    """Resize a picture [H, W, C] to a short side of ``side`` pixels."""
    height, width, channels = picture.shape
    factor = side / min(height, width)
    if factor == 1 and max(height, width) <= LONGEST * side:
        return picture
    shape = [min(max(1, round(length * factor)), LONGEST * side) for length in (width, height)]
    image = Image.fromarray(picture.squeeze(2) if channels == 1 else picture)
    resized = image.resize((shape[0], shape[1]), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return np.asarray(resized).reshape(shape[1], shape[0], channels)


def opponent(picture: Picture) -> Planes:
    """Return lightness, red against green and yellow against blue [3, H, W], each in [-1, 1]."""
    x = picture.astype(np.float32) / 127.5 - 1
    red, green, blue = (x[..., channel] for channel in (range(3) if x.shape[2] == 3 else (0,) * 3))
    return np.stack([(red + green + blue) / 3, (red - green) / 2, (red + green) / 4 - blue / 2])


def colours(x: Planes) -> list[float]:
    """Compute mean, log std, skewness (its cube root), log kurtosis and correlations of planes."""
    flat = x.reshape(3, -1)
    mean, std = flat.mean(axis=1), flat.std(axis=1) + 1e-3
    z = (flat - mean[:, None]) / std[:, None]
    correlations = (z @ z.T / z.shape[1])[np.triu_indices(3, 1)]
    skewness, kurtosis = np.cbrt((z**3).mean(axis=1)), np.log((z**4).mean(axis=1) + 1e-3)
    return [*mean, *np.log(std), *skewness, *kurtosis, *correlations]


def edges(x: Planes) -> list[float]:
    """Describe the differences of neighbouring pixels at `SCALES` scales, each half the one before.

    Of each: log root mean square, how evenly they are spread (mean over root mean square), whether
    across or along, the spread of the logarithm, and the share of flat places.
    """
    found: list[float] = []
    for _ in range(SCALES):
        if min(x.shape[1:]) < 4:  # a few differences say nothing
            found += [0.0] * 13
            continue
        down, right = np.diff(x, axis=1)[:, :, :-1], np.diff(x, axis=2)[:, :-1]
        strength = np.sqrt(down**2 + right**2)
        energy = np.sqrt((strength**2).mean(axis=(1, 2))) + 1e-3
        mean = strength.mean(axis=(1, 2)) + 1e-4
        across = np.abs(right).mean(axis=(1, 2)) + 1e-3
        along = np.abs(down).mean(axis=(1, 2)) + 1e-3
        found += [*np.log(energy), *np.log(mean / energy + 1e-2), *np.log(across / along)]
        found += [float(np.log(strength[0] + 1e-2).std()), *(strength < FLAT).mean(axis=(1, 2))]
        x = halved(x)
    return found


def halved(x: Planes) -> Planes:
    """Return means of 2 x 2 pixels; an odd last row or column is left out."""
    height, width = (length // 2 * 2 for length in x.shape[1:])
    x = x[:, :height, :width]
    return (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) * np.float32(
        0.25
    )


def layout(x: Planes) -> list[float]:
    """Compute the mean colours, and the log contrasts, of the upper, middle and lower third."""
    third = x.shape[1] // 3
    parts = [x[:, : max(third, 1)], x[:, third : x.shape[1] - third], x[:, -max(third, 1) :]]
    means = [value for part in parts for value in part.mean(axis=(1, 2))]
    return [*means, *(float(np.log(part[0].std() + 1e-2)) for part in parts)]
