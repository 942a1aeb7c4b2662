"""`crossdomain import`: published checkpoints as finished models."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from pipeline.backbones import TranslatorParams, UnetParams
from pipeline.cli.commands.importing_vocoder import LAYOUTS, import_vocoder
from pipeline.cli.commands.importing_vq import import_vqgan
from pipeline.codecs import ImageCodec
from pipeline.errors import UserError
from pipeline.inference.finished import export
from pipeline.interop.junyanz import Generator, describe, read
from pipeline.methods.imported import CheckpointFile, ImportedParams
from pipeline.models.translators import GeneratorTranslator
from pipeline.nn.outlines import on_meta
from pipeline.nn.shapes import check_size
from pipeline.samples import DatasetSpec
from pipeline.system.files import check_folder

CONFIGURED: dict[str, tuple[str, Callable[[Path, Path | None, Path], str]]] = {
    **{origin: ("vocoder", partial(import_vocoder, origin)) for origin in LAYOUTS},
    "taming": ("VQGAN", import_vqgan),
}
"""Whose checkpoints have their network in a file beside them, and what reads which model."""
CHANNELS = {1, 3}  # of pictures: grey or colour


@dataclass(frozen=True)
class Wishes:
    """Facts that no checkpoint says of itself."""

    source: str = "source"
    target: str = "target"
    size: int | None = None
    """Side of the pictures that it was trained on; None: 256, or what a U-Net was made for."""
    dropout: bool = True
    """True: a U-Net was trained with dropout, which has no weights, so nothing shows it."""
    train: bool | None = None
    """True: translate with dropout and batch statistics on; None: see `inference_of`."""
    config: Path | None = None
    """A vocoder's or VQGAN's configuration; None: config.json or the only yaml beside it."""


def run(
    origin: str, ahead: Path, back: Path | None, name: str, models: Path, wishes: Wishes
) -> str:
    """Write the finished model ``models``/``name``, which must be new; return what it is.

    ``ahead`` leads to the target, ``back`` to the source. Raises UserError where a file holds no
    generator, two don't belong together, or a wish can't be granted.
    """
    if origin != "junyanz" and origin not in CONFIGURED:
        allowed = ", ".join(["junyanz", *CONFIGURED])
        raise UserError(f"expected whose checkpoint it is, found '{origin}', allowed: {allowed}")
    folder = new_folder(models, name)
    if origin in CONFIGURED:
        what, importer = CONFIGURED[origin]
        if back is not None or wishes != Wishes(config=wishes.config):
            raise UserError(f"of a {what}'s options there are --name, --config and --models alone")
        return importer(ahead, wishes.config, folder)
    if wishes.config is not None:
        raise UserError("--config is for vocoders and VQGANs: junyanz's checkpoints have none")
    if wishes.source == wishes.target:
        raise UserError(f"source and target are both '{wishes.source}'")
    files = {wishes.target: ahead} | ({wishes.source: back} if back else {})
    found = {to: read(path) for to, path in files.items()}
    check_pair(list(found.values()), list(files.values()))
    params = params_of(found, files, wishes)
    codec = codec_of(found[wishes.target], params.generator, wishes)
    data = DatasetSpec(specs={domain: codec.spec(domain) for domain in params.domains})
    model = build(params, data, codec.size, found)
    export(folder, model, params=params, data=data, codec=codec, seed=0)
    ways = ", ".join(f"{of} -> {to}" for of, to in model.pairs())
    return f"{folder}: {describe(params.generator)}; {ways}; inference: {params.inference}"


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


def build(
    params: ImportedParams, data: DatasetSpec, size: int, found: dict[str, Generator]
) -> GeneratorTranslator:
    """Build the model with the checkpoints' weights; raise UserError where it can't be."""
    try:
        with on_meta():
            model = params.build_model(data)
        check_size(model, size, size)
    except KeyError as error:  # torch's, of names with a dot, say
        raise UserError(f"this can't be the name of a domain: {error.args[0]}") from error
    except ValueError as error:
        raise UserError(f"--size {size}: {error}") from error
    for to, generator in found.items():
        model.generators[to].load_state_dict(generator.weights, assign=True)
    return model
