"""`crossdomain import mask_cyclegan_vc`: published translators of voices as finished models."""

from pathlib import Path

from pipeline.cli.commands.importing_translators import build, directions_of, files_of
from pipeline.cli.commands.importing_wishes import Wishes
from pipeline.codecs import MelCodec
from pipeline.errors import UserError
from pipeline.inference.finished import export
from pipeline.interop.gantastic3 import convention, read
from pipeline.interop.voice_statistics import read_statistics
from pipeline.methods.imported import CheckpointFile, ImportedVoicesParams
from pipeline.samples import DatasetSpec


def import_voices(checkpoint: Path, folder: Path, wishes: Wishes) -> str:
    """Write the finished model ``folder``; return what it is.

    Raises UserError where a file does not hold what it should, two generators don't belong
    together, or the statistics are missing without which frames mean nothing.
    """
    files = files_of(checkpoint, wishes)
    found = {to: read(path) for to, path in files.items()}
    kinds = {(each.network, each.mels) for each in found.values()}
    if len(kinds) > 1:
        raise UserError(
            "expected two generators of one kind, found "
            + "; ".join(
                f"in {files[to]}: {each.mels} mels, width {each.network.width}, "
                f"{each.network.blocks} residual blocks"
                for to, each in found.items()
            )
        )
    ((network, mels),) = kinds
    if len(wishes.stats) != 2:
        raise UserError(
            "expected mean and std of each voice's frames, by which the network's input and output "
            f"are standardised: --stats SOURCE_norm_stat.npz --stats TARGET_norm_stat.npz, of "
            f"{wishes.source} and {wishes.target}, as its preprocessing saved them; found "
            f"{len(wishes.stats)}"
        )
    voices = zip((wishes.source, wishes.target), wishes.stats, strict=True)
    statistics = {voice: read_statistics(path, mels) for voice, path in voices}
    codec = MelCodec(convention=convention(mels), statistics=statistics)
    params = ImportedVoicesParams(
        source=wishes.source,
        target=wishes.target,
        origin="mask_cyclegan_vc",
        generator=network,
        files={to: CheckpointFile.of(path) for to, path in files.items()},
    )
    data = DatasetSpec(specs={voice: codec.spec(voice) for voice in params.domains})
    model = build(params, data, {to: each.weights for to, each in found.items()})
    export(folder, model, params=params, data=data, codec=codec, seed=0)
    return (
        f"{folder}: MaskCycleGAN-VC of {mels} mels, width {network.width}, {network.blocks} "
        f"residual blocks; {directions_of(model)}; MelGAN's frames"
    )
