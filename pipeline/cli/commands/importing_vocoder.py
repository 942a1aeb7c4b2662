"""`crossdomain import hifigan`, `bigvgan`, `vocos`: published vocoders as finished models."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from pipeline.cli.commands.importing_vq import only_yaml
from pipeline.cli.commands.importing_wishes import Wishes
from pipeline.codecs import MelCodec
from pipeline.inference.finished import export
from pipeline.interop import gemelo, jik876, nvidia
from pipeline.interop.published_vocoder import PublishedVocoder
from pipeline.methods.imported import CheckpointFile, ImportedVocoderParams
from pipeline.nn.outlines import on_meta
from pipeline.samples import DatasetSpec

Origin = Literal["hifigan", "bigvgan", "vocos"]


class Layout(NamedTuple):
    """The files in which someone publishes vocoders."""

    read: Callable[[Path, Path], PublishedVocoder]
    """From weights and configuration."""
    config_of: Callable[[Path], Path]
    """The configuration that stands beside weights."""


def config_json(checkpoint: Path) -> Path:
    """Return where the configuration of a HiFi-GAN or BigVGAN is."""
    return checkpoint.with_name("config.json")


def config_yaml(checkpoint: Path) -> Path:
    """Return where the configuration of a Vocos is.

    Raises UserError where several could be, or none.
    """
    return only_yaml(checkpoint.parent)


LAYOUTS: dict[Origin, Layout] = {
    "hifigan": Layout(jik876.read, config_json),
    "bigvgan": Layout(nvidia.read, config_json),
    "vocos": Layout(gemelo.read, config_yaml),
}


def import_vocoder(origin: Origin, checkpoint: Path, folder: Path, wishes: Wishes) -> str:
    """Write the finished model ``folder``; return what it is.

    Without a ``config`` that is wished for: of what stands beside the checkpoint. Raises UserError
    where a file does not hold what it should.
    """
    layout = LAYOUTS[origin]
    found = layout.read(checkpoint, wishes.config or layout.config_of(checkpoint))
    params = ImportedVocoderParams(
        origin=origin,
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
