"""Pictures of what models make: grids and spectrograms as PNG files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from torch import Tensor

from pipeline.conventions import MelConvention

GAP = 2  # pixels between pictures: white, or in files transparent, so that any page suits them
SMALLEST = 64  # smaller pictures are enlarged by a whole factor, so that one can see them
LOUDEST = 3.0  # standard deviations of a mel bin that are drawn white
PANEL, WORDS = "#15111d", "#d9d4e0"  # of spectrograms: magma's dark end, and legible on it


@dataclass(frozen=True)
class Caption:
    """A picture's title, and a name for each of its rows where the rows differ in kind."""

    title: str
    rows: Sequence[str] = ()
    cell: Sequence[int] = ()
    """Height and width of one sample and the gap behind it, in pixels, where it is a grid."""


def save_grid(path: Path, rows: Sequence[Tensor], caption: Caption) -> None:
    """Write rows of samples, each [n, C, H, W] in [-1, 1], as one picture.

    The caption goes beside it, as JSON of the same name, for whoever shows the picture.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(_canvas(rows)).save(path)
    save_caption(path, replace(caption, cell=cell_of(rows[0])))


def save_caption(path: Path, caption: Caption) -> None:
    """Write the caption of the picture at ``path`` beside it, as JSON of the same name."""
    words = json.dumps(asdict(caption), indent=1)
    path.with_suffix(".json").write_text(words + "\n", encoding="utf-8")


def grid(rows: Sequence[Tensor]) -> npt.NDArray[np.uint8]:
    """Arrange rows of samples, each [n, C, H, W] in [-1, 1], as uint8 [height, width, 3]."""
    return np.ascontiguousarray(_canvas(rows)[:, :, :3])


def cell_of(samples: Tensor) -> tuple[int, int]:
    """Return the height and width that each of the samples [n, C, H, W] takes in a grid."""
    height, width = samples.shape[-2:]
    scale = _scale(height)
    return height * scale + GAP, width * scale + GAP


def _scale(height: int) -> int:
    return max(1, -(-SMALLEST // height))


def _canvas(rows: Sequence[Tensor]) -> npt.NDArray[np.uint8]:
    """Arrange rows of samples as uint8 [height, width, 4]; what is between them is transparent."""
    cell, scale = cell_of(rows[0]), _scale(rows[0].shape[-2])
    most = max(len(row) for row in rows)
    canvas = np.full((cell[0] * len(rows) - GAP, cell[1] * most - GAP, 4), 255, np.uint8)
    canvas[:, :, 3] = 0
    for i, row in enumerate(rows):
        for j, sample in enumerate(row):
            picture = to_rgb(sample).repeat(scale, axis=0).repeat(scale, axis=1)
            place = canvas[i * cell[0] :, j * cell[1] :][: picture.shape[0], : picture.shape[1]]
            place[:, :, :3], place[:, :, 3] = picture, 255
    return canvas


def drawable_mels(x: Tensor) -> Tensor:
    """Bring standardised spectrograms [N, 1, M, T] to [-1, 1], low frequencies at the bottom."""
    return x.flip(-2) / LOUDEST


def to_rgb(sample: Tensor) -> npt.NDArray[np.uint8]:
    """Convert one sample [1 or 3, H, W] in [-1, 1] to uint8 [H, W, 3]."""
    levels = sample.detach().float().cpu().clamp(-1, 1).add(1).mul(127.5).round()
    return levels.byte().expand(3, -1, -1).permute(1, 2, 0).numpy()


def save_spectrograms(path: Path, mels: Mapping[str, Tensor], convention: MelConvention) -> None:
    """Write log-mel spectrograms [M, T] under each other, by name."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    seconds = convention.hop / convention.rate
    longest = max(mel.shape[1] for mel in mels.values()) * seconds
    figure, axes = plt.subplots(
        len(mels), 1, figsize=(7, 1.6 * len(mels)), sharex=True, squeeze=False, layout="constrained"
    )
    figure.set_facecolor(PANEL)  # a page of any colour may be around it
    for axis, (name, mel) in zip(axes[:, 0], mels.items(), strict=True):
        extent = (0, mel.shape[1] * seconds, 0, mel.shape[0])
        axis.imshow(
            mel.detach().cpu().numpy(), origin="lower", aspect="auto", cmap="magma", extent=extent
        )
        axis.set_facecolor(PANEL)
        axis.set_title(name.replace("_", " "), fontsize=9, loc="left", color=WORDS)
        axis.set_xlim(0, longest)
        axis.set_ylabel("mel band", fontsize=8, color=WORDS)
        axis.tick_params(labelsize=7, color=WORDS, labelcolor=WORDS)
        axis.spines[:].set_visible(False)
    axes[-1, 0].set_xlabel("seconds", fontsize=8, color=WORDS)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


MAP = 240  # pixels of a side of a map of points
FAKE, REAL = (244, 222, 204), (205, 222, 243)  # of a field: where a discriminator says so
DATA, SAMPLE = (120, 116, 106), (192, 62, 18)
BINS = 60  # of a histogram


def draw_points(
    real: Tensor, samples: Tensor, reach: float, field: Tensor | None = None
) -> npt.NDArray[np.uint8]:
    """Draw samples over points of the data, both [n, D], as uint8 [`MAP`, `MAP`, 3].

    The map shows [-``reach``, ``reach``] of each axis, the second one upwards. In the plane
    ``field`` [S * S], with the second axis' places first, colours it: warm at 0, cold at 1. On a
    line points are histograms, and ``field`` [S] is a curve, at the bottom 0.
    """
    large = 2 * MAP  # drawn twice as large: lines and dots become smooth
    canvas = Image.new("RGB", (large, large), (255, 254, 252))
    if real.shape[1] == 1:
        _draw_line(canvas, real, samples, reach, field)
    else:
        _draw_plane(canvas, real, samples, reach, field)
    return np.asarray(canvas.resize((MAP, MAP), Image.Resampling.LANCZOS))


def _draw_plane(
    canvas: Image.Image, real: Tensor, samples: Tensor, reach: float, field: Tensor | None
) -> None:
    size = canvas.width
    if field is not None:
        side = round(len(field) ** 0.5)
        share = field.detach().cpu().numpy().reshape(side, side).T[::-1, :, None]
        colours = np.array(FAKE) + share * (np.array(REAL) - np.array(FAKE))
        picture = Image.fromarray(colours.round().astype(np.uint8))
        canvas.paste(picture.resize(canvas.size, Image.Resampling.BICUBIC))
    pen = ImageDraw.Draw(canvas)
    for points, colour, radius in ((real, DATA, 2), (samples, SAMPLE, 3)):
        at = (points[:, :2].detach().cpu().numpy() / reach * [1, -1] + 1) / 2 * size
        for x, y in at[np.isfinite(at).all(axis=1)]:
            if 0 <= x < size and 0 <= y < size:
                pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _draw_line(
    canvas: Image.Image, real: Tensor, samples: Tensor, reach: float, field: Tensor | None
) -> None:
    size, pen = canvas.width, ImageDraw.Draw(canvas)
    edges = np.linspace(-reach, reach, BINS + 1)
    counts = [np.histogram(x.detach().cpu().numpy(), edges)[0] / len(x) for x in (real, samples)]
    most = 1.1 * max(counts[0].max(), 1e-9)
    for shares, colour in zip(counts, (DATA, SAMPLE), strict=True):
        heights = (1 - np.minimum(shares / most, 1)) * (size - 1)
        places = np.repeat(np.linspace(0, size - 1, BINS + 1), 2)[1:-1]
        outline = list(zip(places.tolist(), np.repeat(heights, 2).tolist(), strict=True))
        if colour == DATA:
            pen.polygon([(0, size), *outline, (size, size)], fill=(226, 223, 214))
        pen.line(outline, fill=colour, width=3)
    if field is not None:
        values = (1 - field.detach().cpu().numpy()) * (size - 1)
        at = np.linspace(0, size - 1, len(values))
        pen.line(list(zip(at.tolist(), values.tolist(), strict=True)), fill=(42, 111, 201), width=4)
