"""Pictures of what models make: grids and spectrograms as PNG files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from torch import Tensor

from pipeline.mel_convention import MelConvention

GAP = 2  # white pixels between pictures
SMALLEST = 64  # smaller pictures are enlarged by a whole factor, so that one can see them
LOUDEST = 3.0  # standard deviations of a mel bin that are drawn white


@dataclass(frozen=True)
class Caption:
    """A picture's title, and a name for each of its rows where the rows differ in kind."""

    title: str
    rows: Sequence[str] = ()


def save_grid(path: Path, rows: Sequence[Tensor], caption: Caption) -> None:
    """Write rows of samples, each [n, C, H, W] in [-1, 1], as one picture.

    The caption goes beside it, as JSON of the same name, for whoever shows the picture.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(grid(rows)).save(path)
    save_caption(path, caption)


def save_caption(path: Path, caption: Caption) -> None:
    """Write the caption of the picture at ``path`` beside it, as JSON of the same name."""
    words = json.dumps(asdict(caption), indent=1)
    path.with_suffix(".json").write_text(words + "\n", encoding="utf-8")


def grid(rows: Sequence[Tensor]) -> npt.NDArray[np.uint8]:
    """Arrange rows of samples, each [n, C, H, W] in [-1, 1], as uint8 [height, width, 3]."""
    height, width = rows[0].shape[-2:]
    scale = max(1, -(-SMALLEST // height))
    cell = height * scale + GAP, width * scale + GAP
    most = max(len(row) for row in rows)
    canvas = np.full((cell[0] * len(rows) - GAP, cell[1] * most - GAP, 3), 255, np.uint8)
    for i, row in enumerate(rows):
        for j, sample in enumerate(row):
            picture = to_rgb(sample).repeat(scale, axis=0).repeat(scale, axis=1)
            top, left = i * cell[0], j * cell[1]
            canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
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
    for axis, (name, mel) in zip(axes[:, 0], mels.items(), strict=True):
        extent = (0, mel.shape[1] * seconds, 0, mel.shape[0])
        axis.imshow(
            mel.detach().cpu().numpy(), origin="lower", aspect="auto", cmap="magma", extent=extent
        )
        axis.set_title(name.replace("_", " "), fontsize=9, loc="left")
        axis.set_xlim(0, longest)
        axis.set_ylabel("mel band", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[-1, 0].set_xlabel("seconds", fontsize=8)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)
