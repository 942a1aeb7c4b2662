"""`crossdomain import stylegan2-ada`, `biggan`: published generators as finished models."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.cli.commands.importing_one_domain import check_channels, write_model
from pipeline.cli.commands.importing_wishes import Wishes
from pipeline.interop import biggan, stylegan2_ada
from pipeline.interop.published_generator import PublishedGenerator
from pipeline.methods.imported import CheckpointFile, ImportedGANParams

Origin = Literal["stylegan2-ada", "biggan"]


class Layout(NamedTuple):
    """The files in which someone publishes generators."""

    read: Callable[[Path], PublishedGenerator]
    name: str
    options: str
    """Of sampling, in words."""


LAYOUTS: dict[Origin, Layout] = {
    "stylegan2-ada": Layout(stylegan2_ada.read, "StyleGAN2", "--psi and --noise"),
    "biggan": Layout(biggan.read, "BigGAN", "--truncation"),
}


def import_generator(origin: Origin, checkpoint: Path, folder: Path, wishes: Wishes) -> str:
    """Write the finished model ``folder``; return what it is.

    Its weights alone tell what it is. Raises UserError where the file holds no generator, or one of
    no pictures.
    """
    del wishes
    layout = LAYOUTS[origin]
    found = layout.read(checkpoint)
    check_channels(checkpoint, "a generator", found.channels)
    params = ImportedGANParams(
        origin=origin,
        latent=found.latent,
        classes=found.classes,
        generator=found.network,
        file=CheckpointFile.of(checkpoint),
    )
    weights = {f"generator.{name}": weight for name, weight in found.weights.items()}
    count = write_model(folder, params, weights, size=found.size, channels=found.channels)
    classes = f", {found.classes:,} classes" if found.classes else ""
    return (
        f"{folder}: {layout.name} of {count:,} parameters, pictures of {found.size} pixels"
        f"{classes}; sampled with {layout.options}"
    )
