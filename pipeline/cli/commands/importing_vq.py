"""`crossdomain import taming`: published VQGANs as finished models."""

from pathlib import Path

from pipeline.cli.commands.importing_one_domain import check_channels, write_model
from pipeline.cli.commands.importing_wishes import Wishes
from pipeline.errors import UserError
from pipeline.interop.taming import read
from pipeline.methods.imported import CheckpointFile, ImportedVQParams


def import_vqgan(checkpoint: Path, folder: Path, wishes: Wishes) -> str:
    """Write the finished model ``folder``; return what it is.

    Without a ``config`` that is wished for: of the only yaml beside the checkpoint. Raises
    UserError where a file does not hold what it should.
    """
    found = read(checkpoint, wishes.config or only_yaml(checkpoint.parent))
    check_channels(checkpoint, "a VQGAN", found.channels)
    params = ImportedVQParams(
        origin="taming",
        network=found.network,
        quantiser=found.quantiser,
        file=CheckpointFile.of(checkpoint),
    )
    count = write_model(folder, params, found.weights, size=found.size, channels=found.channels)
    side = found.size // found.network.multiple
    return (
        f"{folder}: VQGAN of {count:,} parameters, "
        f"{found.quantiser.codes:,} codes of {found.quantiser.dim} numbers, {side}x{side} of them "
        f"for a picture of {found.size} pixels"
    )


def only_yaml(folder: Path) -> Path:
    """Return the configuration beside a checkpoint.

    Raises UserError where there is none, or a choice.
    """
    found = sorted(path for path in folder.glob("*.y*ml") if path.suffix in (".yaml", ".yml"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise UserError(
            f"expected the model's yaml beside its weights in {folder}, found {names}: name it by "
            "--config"
        )
    return found[0]
