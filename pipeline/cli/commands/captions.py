"""Pictures with words and colours: ranked grids, and maps of a data set."""

import colorsys
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from pipeline.codecs.image import Picture
from pipeline.figures import GAP, cell_of, to_rgb

PAPER, INK = (255, 254, 252), (60, 56, 50)
LINE = 14
"""Pixels of a line of words."""
SIDE, MARGIN = 800, 24
"""Pixels of a map, and around its outermost places."""
THUMBNAIL = 32
"""Pixels of a sample's side on a map."""
MOST_NAMED = 24
"""Classes that a legend names."""


def captioned_grid(samples: Tensor, captions: Sequence[str], across: int) -> Picture:
    """Arrange samples [N, C, H, W] in [-1, 1] in rows of ``across`` with words below each.

    Returns uint8 [height, width, 3].
    """
    height, width = cell_of(samples)
    rows = -(-len(samples) // across)
    canvas = Image.new("RGB", (across * width, rows * (height + LINE)), PAPER)
    pen = ImageDraw.Draw(canvas)
    for number, (sample, words) in enumerate(zip(samples, captions, strict=True)):
        left, top = number % across * width, number // across * (height + LINE)
        shown = Image.fromarray(to_rgb(sample))
        shown = shown.resize((width - GAP, height - GAP), Image.Resampling.NEAREST)
        canvas.paste(shown, (left, top))
        pen.text((left, top + height - GAP), words, fill=INK)
    return np.asarray(canvas)


def draw_map(
    places: Tensor, labels: Tensor, names: Sequence[str], samples: Tensor | None = None
) -> Picture:
    """Draw places [N, 2] of classes [N], each with a colour, as uint8 [height, width, 3].

    The second axis points upwards. ``samples`` [N, C, H, W] in [-1, 1]: small pictures of them in
    place of dots, with frames of their colours; those that would cover an earlier one are left out.
    """
    canvas = Image.new("RGB", (SIDE, SIDE + LINE * 2), PAPER)
    pen = ImageDraw.Draw(canvas)
    colours = palette(len(names))
    low, high = places.amin(dim=0), places.amax(dim=0)
    scale = (SIDE - 2 * MARGIN) / (high - low).clamp(min=1e-9)
    at = ((places - low) * scale + MARGIN).tolist()
    taken: set[tuple[int, int]] = set()
    for number, (x, up) in enumerate(at):
        y, colour = SIDE - up, colours[int(labels[number])]
        if samples is None:
            pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)
            continue
        cell = int(x // (THUMBNAIL + 4)), int(y // (THUMBNAIL + 4))
        if cell in taken:
            continue
        taken.add(cell)
        left, top = (part * (THUMBNAIL + 4) for part in cell)
        pen.rectangle((left, top, left + THUMBNAIL + 3, top + THUMBNAIL + 3), fill=colour)
        shown = Image.fromarray(to_rgb(samples[number])).resize((THUMBNAIL, THUMBNAIL))
        canvas.paste(shown, (left + 2, top + 2))
    draw_legend(pen, colours, names)
    return np.asarray(canvas)


def draw_legend(
    pen: ImageDraw.ImageDraw, colours: Sequence[tuple[int, int, int]], names: Sequence[str]
) -> None:
    """Name the colours below a map, as many as its two lines hold."""
    left, top = float(MARGIN), SIDE
    for colour, name in list(zip(colours, names, strict=True))[:MOST_NAMED]:
        wide = 16 + pen.textlength(name)
        if left + wide > SIDE:
            left, top = float(MARGIN), top + LINE
        if top >= SIDE + 2 * LINE:
            return
        pen.ellipse((left, top + 2, left + 8, top + 10), fill=colour)
        pen.text((left + 12, top), name, fill=INK)
        left += wide + 8


def palette(count: int) -> list[tuple[int, int, int]]:
    """Return ``count`` colours around the wheel, light and dark in turns."""
    found = []
    for number in range(count):
        shares = colorsys.hsv_to_rgb(number / max(count, 1), 0.85, 0.85 if number % 2 else 0.6)
        red, green, blue = (round(255 * share) for share in shares)
        found.append((red, green, blue))
    return found
