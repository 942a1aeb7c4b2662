"""`crossdomain import hifigan`: published vocoders as finished models."""

from pathlib import Path

from pipeline.codecs import MelCodec
from pipeline.inference.finished import export
from pipeline.interop.jik876 import read
from pipeline.methods.imported import CheckpointFile, ImportedVocoderParams
from pipeline.nn.outlines import on_meta
from pipeline.samples import DatasetSpec


def import_vocoder(checkpoint: Path, config: Path | None, folder: Path) -> str:
    """Write the finished model ``folder``; return what it is.

    ``config`` None: config.json beside the checkpoint. Raises UserError where a file does not
    hold what it should.
    """
    found = read(checkpoint, config or checkpoint.with_name("config.json"))
    params = ImportedVocoderParams(
        origin="hifigan",
        generator=found.network,
        convention=found.convention,
        file=CheckpointFile.of(checkpoint),
    )
    data = DatasetSpec(specs={})
    with on_meta():
        model = params.build_model(data)
    model.generator.load_state_dict(found.weights, assign=True)
    codec = MelCodec(convention=found.convention, statistics={})
    export(folder, model, params=params, data=data, codec=codec, seed=0)
    convention = found.convention
    return (
        f"{folder}: vocoder of {sum(w.numel() for w in found.weights.values()):,} parameters, "
        f"{convention.mels} mels of {convention.fmin:g} to {convention.fmax:g} Hz, a frame every "
        f"{convention.hop} samples at {convention.rate} Hz"
    )
