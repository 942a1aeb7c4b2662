"""`crossdomain sample`: pictures that a model draws."""

from pathlib import Path
from typing import NamedTuple

from PIL import Image

from pipeline.errors import UserError
from pipeline.inference import drawing, load, sample_grid
from pipeline.machine import device

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


class Wishes(NamedTuple):
    """How to draw; None: as the model was trained to."""

    of: str | None = None
    """A class's name."""
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None


def sample(folder: Path, n: int, seed: int, out: Path, wishes: Wishes) -> None:
    """Writes ``n`` samples of the model in ``folder`` as one picture.

    Raises UserError where it draws no pictures or can't fulfil a wish, or where ``out`` names no
    picture format.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise UserError(f"can't write {out}: expected a name that ends in {', '.join(SUFFIXES)}")
    of, temperature, top_k, top_p = wishes
    model = load(folder, device())
    model = drawing(model, temperature=temperature, top_k=top_k, top_p=top_p)
    picture = sample_grid(model, n, seed, of)
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(out)
