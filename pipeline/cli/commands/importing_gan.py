"""`crossdomain import stylegan2-ada`: published generators as finished models."""

from pathlib import Path

from pipeline.cli.commands.importing_wishes import Wishes
from pipeline.codecs import ImageCodec
from pipeline.errors import UserError
from pipeline.inference.finished import export
from pipeline.interop.stylegan2_ada import read
from pipeline.methods.imported import CheckpointFile, ImportedGANParams
from pipeline.nn.outlines import on_meta
from pipeline.samples import DatasetSpec


def import_generator(checkpoint: Path, folder: Path, wishes: Wishes) -> str:
    """Write the finished model ``folder``; return what it is.

    Its weights alone tell what it is. Raises UserError where the file holds no generator, or one of
    no pictures.
    """
    del wishes
    found = read(checkpoint)
    if found.channels not in (1, 3):
        raise UserError(
            f"{checkpoint}: expected a generator of 1 or 3 channels (pictures), found "
            f"{found.channels}"
        )
    params = ImportedGANParams(
        origin="stylegan2-ada",
        latent=found.latent,
        classes=found.classes,
        generator=found.network,
        file=CheckpointFile.of(checkpoint),
    )
    (domain,) = params.domains
    codec = ImageCodec(size=found.size, channels={domain: found.channels})
    data = DatasetSpec(specs={domain: codec.spec(domain)})
    with on_meta():
        model = params.build_model(data)
    model.generator.load_state_dict(found.weights, assign=True)
    export(folder, model, params=params, data=data, codec=codec, seed=0)
    count = sum(p.numel() for p in model.parameters())
    classes = f", {found.classes:,} classes" if found.classes else ""
    return (
        f"{folder}: StyleGAN2 of {count:,} parameters, pictures of {found.size} pixels{classes}; "
        "sampled with --psi and --noise"
    )
