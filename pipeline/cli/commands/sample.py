"""`crossdomain sample`: pictures that a model draws."""

from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from pipeline.errors import UserError
from pipeline.inference.finished import load, sample_grid
from pipeline.system.hardware import device

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


def sample(
    folder: Path,
    n: int,
    seed: int,
    out: Path,
    label: str | None,
    options: Mapping[str, float | None],
) -> None:
    """Writes ``n`` samples of the model in ``folder`` as one picture.

    ``label``: the class to draw. ``options``: see `SAMPLING_OPTIONS`; None: as the model was
    trained to. Raises UserError where it draws no pictures or can't do as is asked, or where
    ``out`` names no picture format.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise UserError(f"can't write {out}: expected a name that ends in {', '.join(SUFFIXES)}")
    given = {name: value for name, value in options.items() if value is not None}
    picture = sample_grid(load(folder, device()), n, seed, label, given)
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(out)
