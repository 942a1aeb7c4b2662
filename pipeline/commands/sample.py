"""`crossdomain sample`: pictures that a model draws."""

from pathlib import Path

from PIL import Image

from pipeline.errors import UserError
from pipeline.inference import load, sample_grid
from pipeline.machine import device

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


def sample(folder: Path, n: int, seed: int, out: Path) -> None:
    """Writes ``n`` samples of the model in ``folder`` as one picture.

    Raises UserError where it draws no pictures, or where ``out`` names no picture format.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise UserError(f"can't write {out}: expected a name that ends in {', '.join(SUFFIXES)}")
    picture = sample_grid(load(folder, device()), n, seed)
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(out)
