"""`crossdomain import junyanz`: published translators of pictures as finished models."""

from pathlib import Path
from typing import Literal

from pipeline.backbones import TranslatorParams, UnetParams
from pipeline.cli.commands.importing_translators import build, directions_of, files_of
from pipeline.cli.commands.importing_wishes import Wishes
from pipeline.codecs import ImageCodec
from pipeline.errors import UserError
from pipeline.inference.finished import export
from pipeline.interop.junyanz import Generator, describe, read
from pipeline.methods.imported import CheckpointFile, ImportedParams
from pipeline.samples import DatasetSpec

CHANNELS = {1, 3}  # of pictures: grey or colour


def import_pictures(checkpoint: Path, folder: Path, wishes: Wishes) -> str:
    """Write the finished model ``folder``; return what it is.

    Raises UserError where a file holds no generator, two don't belong together, or a wish can't be
    granted.
    """
    files = files_of(checkpoint, wishes)
    found = {to: read(path) for to, path in files.items()}
    check_pair(list(found.values()), list(files.values()))
    params = params_of(found, files, wishes)
    codec = codec_of(found[wishes.target], params.generator, wishes)
    data = DatasetSpec(specs={domain: codec.spec(domain) for domain in params.domains})
    weights = {to: generator.weights for to, generator in found.items()}
    model = build(params, data, weights, codec.size)
    export(folder, model, params=params, data=data, codec=codec, seed=0)
    return (
        f"{folder}: {describe(params.generator)}; {directions_of(model)}; "
        f"inference: {params.inference}"
    )


def check_pair(found: list[Generator], files: list[Path]) -> None:
    """Raise UserError unless the second of two generators leads back from where the first does."""
    if len(found) < 2:
        return
    (ahead, back), (there, here) = found, files
    if ahead.network != back.network:
        raise UserError(
            f"expected two generators of one kind, found in {there}: {describe(ahead.network)}; "
            f"in {here}: {describe(back.network)}"
        )
    if (ahead.inputs, ahead.outputs) != (back.outputs, back.inputs):
        raise UserError(
            f"expected a way back from {ahead.outputs} to {ahead.inputs} channels in {here}, "
            f"found one from {back.inputs} to {back.outputs}"
        )


def params_of(
    found: dict[str, Generator], files: dict[str, Path], wishes: Wishes
) -> ImportedParams:
    """Return the finished model's block."""
    network = found[wishes.target].network
    if isinstance(network, UnetParams):
        network = network.model_copy(update={"dropout": wishes.dropout})
    return ImportedParams(
        source=wishes.source,
        target=wishes.target,
        origin="junyanz",
        generator=network,
        inference=inference_of(network, any(g.drops for g in found.values()), wishes.train),
        files={to: CheckpointFile.of(path) for to, path in files.items()},
    )


def inference_of(
    network: TranslatorParams, drops: bool, train: bool | None
) -> Literal["train", "eval"]:
    """Compute how the network stands when it translates, unless ``train`` says it: as in the
    original.

    Its test script leaves networks in training mode: with batch norm, a picture's own statistics
    count, and a U-Net drops out. With instance norm or none, whose two modes are the same, networks
    are taken for CycleGAN's, which have no dropout. Our ResNet can't drop out, so one that was
    trained to (``drops``) gives what the original does with ``--eval``; raises UserError where it
    should give anything else.
    """
    if drops and train:
        raise UserError("this ResNet was trained with dropout, which ours lacks: leave --train out")
    if train is None:
        train = network.norm == "batch" and not drops
    return "train" if train else "eval"


def codec_of(generator: Generator, network: TranslatorParams, wishes: Wishes) -> ImageCodec:
    """Build the codec for pictures of the size that it was trained on.

    Raises UserError where it takes no pictures.
    """
    channels = {wishes.source: generator.inputs, wishes.target: generator.outputs}
    if not CHANNELS.issuperset(channels.values()):
        raise UserError(
            f"expected pictures in and out, of 1 or 3 channels, found {generator.inputs} channels "
            f"in and {generator.outputs} out"
        )
    usual = 2**network.depth if isinstance(network, UnetParams) else 256
    return ImageCodec(size=wishes.size or usual, channels=channels)
