"""`crossdomain import`: published checkpoints as finished models."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pipeline.cli.commands.importing_gan import LAYOUTS as GENERATORS
from pipeline.cli.commands.importing_gan import import_generator
from pipeline.cli.commands.importing_labels import import_label_maps
from pipeline.cli.commands.importing_pictures import import_pictures
from pipeline.cli.commands.importing_vocoder import LAYOUTS, import_vocoder
from pipeline.cli.commands.importing_voices import import_voices
from pipeline.cli.commands.importing_vq import import_vqgan
from pipeline.cli.commands.importing_wishes import Wishes
from pipeline.errors import UserError
from pipeline.system.files import check_folder


class Origin(NamedTuple):
    """Whose checkpoints become which models."""

    what: str
    """Their kind, in a word or two."""
    takes: tuple[str, ...]
    """The options that say more of them; see `Wishes`."""
    run: Callable[[Path, Path, Wishes], str]
    """Of a checkpoint, writes the finished model's folder and returns what it is."""


ORIGINS: dict[str, Origin] = {
    "junyanz": Origin(
        "picture translator",
        ("back", "source", "target", "size", "dropout", "train"),
        import_pictures,
    ),
    **{name: Origin("vocoder", ("config",), partial(import_vocoder, name)) for name in LAYOUTS},
    "taming": Origin("VQGAN", ("config",), import_vqgan),
    "spade": Origin(
        "generator from label maps",
        ("source", "target", "size", "labels", "upsampling"),
        import_label_maps,
    ),
    "mask_cyclegan_vc": Origin(
        "voice translator", ("back", "source", "target", "stats"), import_voices
    ),
    **{name: Origin("generator", (), partial(import_generator, name)) for name in GENERATORS},
}


def run(name_of_origin: str, checkpoint: Path, name: str, models: Path, wishes: Wishes) -> str:
    """Write the finished model ``models``/``name``, which must be new; return what it is.

    Raises UserError where a file does not hold what it should, or a wish can't be granted.
    """
    if name_of_origin not in ORIGINS:
        raise UserError(
            f"expected whose checkpoint it is, found '{name_of_origin}', allowed: "
            f"{', '.join(ORIGINS)}"
        )
    origin = ORIGINS[name_of_origin]
    folder = new_folder(models, name)
    wishes.check(origin.what, origin.takes)
    return origin.run(checkpoint, folder, wishes)


def new_folder(models: Path, name: str) -> Path:
    """Return where the model will be.

    Raises UserError where it could not be found, or something is.
    """
    if not name or name.startswith(".") or Path(name).name != name:
        raise UserError(f"expected a name for a folder below {models}, found '{name}'")
    check_folder(models)
    if (models / name).exists():
        raise UserError(f"{models / name} is there already: choose another name or remove it")
    return models / name
