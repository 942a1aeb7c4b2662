"""`crossdomain import taming`: published VQGANs as finished models."""

from pathlib import Path

from pipeline.cli.commands.importing_wishes import Wishes
from pipeline.codecs import ImageCodec
from pipeline.errors import UserError
from pipeline.inference.finished import export
from pipeline.interop.taming import read
from pipeline.methods.imported import CheckpointFile, ImportedVQParams
from pipeline.nn.outlines import on_meta
from pipeline.samples import DatasetSpec


def import_vqgan(checkpoint: Path, folder: Path, wishes: Wishes) -> str:
    """Write the finished model ``folder``; return what it is.

    Without a ``config`` that is wished for: of the only yaml beside the checkpoint. Raises
    UserError where a file does not hold what it should.
    """
    found = read(checkpoint, wishes.config or only_yaml(checkpoint.parent))
    if found.channels not in (1, 3):
        raise UserError(
            f"{checkpoint}: expected a VQGAN of 1 or 3 channels (pictures), found {found.channels}"
        )
    params = ImportedVQParams(
        origin="taming",
        network=found.network,
        quantiser=found.quantiser,
        file=CheckpointFile.of(checkpoint),
    )
    (domain,) = params.domains
    codec = ImageCodec(size=found.size, channels={domain: found.channels})
    data = DatasetSpec(specs={domain: codec.spec(domain)})
    with on_meta():
        model = params.build_model(data)
    model.load_state_dict(found.weights, assign=True)
    export(folder, model, params=params, data=data, codec=codec, seed=0)
    side = found.size // found.network.multiple
    return (
        f"{folder}: VQGAN of {sum(p.numel() for p in model.parameters()):,} parameters, "
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
