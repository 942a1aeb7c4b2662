"""`crossdomain import stylegan2-ada`: published generators as finished models."""

from pathlib import Path

from pipeline.cli.commands.importing_one_domain import check_channels, write_model
from pipeline.cli.commands.importing_wishes import Wishes
from pipeline.interop.stylegan2_ada import read
from pipeline.methods.imported import CheckpointFile, ImportedGANParams


def import_generator(checkpoint: Path, folder: Path, wishes: Wishes) -> str:
    """Write the finished model ``folder``; return what it is.

    Its weights alone tell what it is. Raises UserError where the file holds no generator, or one of
    no pictures.
    """
    del wishes
    found = read(checkpoint)
    check_channels(checkpoint, "a generator", found.channels)
    params = ImportedGANParams(
        origin="stylegan2-ada",
        latent=found.latent,
        classes=found.classes,
        generator=found.network,
        file=CheckpointFile.of(checkpoint),
    )
    weights = {f"generator.{name}": weight for name, weight in found.weights.items()}
    count = write_model(folder, params, weights, size=found.size, channels=found.channels)
    classes = f", {found.classes:,} classes" if found.classes else ""
    return (
        f"{folder}: StyleGAN2 of {count:,} parameters, pictures of {found.size} pixels{classes}; "
        "sampled with --psi and --noise"
    )
