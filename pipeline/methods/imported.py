"""Finished models that were trained elsewhere: what their cards say in place of a method."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from pipeline.backbones import TranslatorParams
from pipeline.backbones.biggan import BigganGeneratorParams
from pipeline.backbones.bigvgan import BigvganParams
from pipeline.backbones.hifigan import HifiganParams
from pipeline.backbones.label_maps import FromLabelMaps
from pipeline.backbones.mask_cyclegan_vc import TwoOneTwoParams
from pipeline.backbones.spade import SpadeParams
from pipeline.backbones.stylegan2_synthesis import StyleGAN2Params
from pipeline.backbones.vocos import VocosParams
from pipeline.backbones.vqgan import VqganParams
from pipeline.block import Block, Width, default_kind
from pipeline.codecs.label_maps import LabelMap
from pipeline.conventions import MelConvention
from pipeline.errors import UserError
from pipeline.methods.base import Method, RunParams
from pipeline.methods.runs import GenerativeRunParams, TranslatorRunParams
from pipeline.models.card import Pretrained
from pipeline.models.gan import GANModel
from pipeline.models.stylegan import StyleGANModel
from pipeline.models.translators import GeneratorTranslator
from pipeline.models.vocoder import VocoderModel
from pipeline.models.vq import AnyQuantiserParams, VQModel
from pipeline.samples import DatasetSpec, Paired, Unpaired, Vocoded
from pipeline.system.files import sha256_of

WaveGenerators = Annotated[
    HifiganParams | BigvganParams | VocosParams,
    Field(discriminator="kind"),
    default_kind("hifigan"),
]
"""The networks of published vocoders."""

PublishedGenerators = Annotated[
    StyleGAN2Params | BigganGeneratorParams,
    Field(discriminator="kind"),
    default_kind("stylegan2"),
]
"""The networks of published generators."""

KNOWN = {"data", "steps"}  # of what every run says; batch, schedule and so on nobody knows


class CheckpointFile(Block):
    """The file that a generator came from."""

    name: str
    """Without its folder."""
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Describe a file."""
        return cls(name=path.name, sha256=sha256_of(path))


class ImportedRunParams(RunParams):
    """The known facts of a run that was none of ours."""

    data: str = "unknown"
    steps: Literal[0] = 0
    """Steps that this package trained it."""

    @model_serializer(mode="wrap")
    def _without_claims(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what would be made up: a batch size, a schedule."""
        unknown = RunParams.model_fields.keys() - KNOWN
        return {name: value for name, value in handler(self).items() if name not in unknown}

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> Method[Any]:
        """Raise UserError: discriminators, losses and data of the training are not known."""
        raise UserError("an imported model can't be trained: a checkpoint holds its generator only")


class ImportedTranslatorParams(ImportedRunParams, TranslatorRunParams):
    """One generator or two whose weights came from a checkpoint, and no training of ours.

    Blocks of params.yaml can't say this, only finished models can: there is nothing to run.
    """

    files: dict[str, CheckpointFile] = Field(min_length=1)
    """Target domain -> the checkpoint of the generator that leads there: ``target``, and
    ``source`` too where the model goes both ways."""

    @model_validator(mode="after")
    def _leads_to_its_target(self) -> Self:
        if not {self.target} <= set(self.files) <= set(self.domains):
            raise ValueError(f"expected files for '{self.target}', found {sorted(self.files)}")
        return self

    @property
    def directions(self) -> dict[str, tuple[str, ...]]:
        """Target -> its one source, of each direction that there is a file of."""
        return {to: of for to, of in self.both_directions.items() if to in self.files}


class ImportedParams(ImportedTranslatorParams):
    """Translators of pictures."""

    reads = Unpaired

    method: Literal["imported"] = "imported"
    origin: Literal["junyanz"]
    """Whose code made the checkpoints."""
    generator: TranslatorParams
    inference: Literal["train", "eval"]
    """``train`` keeps dropout and batch statistics on when translating."""

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> GeneratorTranslator:
        """Build a generator for each direction."""
        specs = data.specs
        generators = {
            to: self.generator.build(specs[of].channels, specs[to].channels, specs[to].bounded)
            for to, (of,) in self.directions.items()
        }
        return GeneratorTranslator(generators, self.directions, mode=self.inference)


class ImportedVoicesParams(ImportedTranslatorParams):
    """Translators of voices, which saw a mask in training and see every frame now."""

    reads = Unpaired

    method: Literal["imported_voices"] = "imported_voices"
    origin: Literal["mask_cyclegan_vc"]
    """Whose layout the checkpoints have."""
    generator: TwoOneTwoParams

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> GeneratorTranslator:
        """Build a generator for each direction."""
        generators = {
            to: self.generator.build(data.specs[of].height, masked=True)
            for to, (of,) in self.directions.items()
        }
        return GeneratorTranslator(generators, self.directions, mode="eval")


class ImportedLabelMapsParams(ImportedTranslatorParams):
    """A generator of pictures from label maps."""

    reads = Paired

    method: Literal["imported_label_maps"] = "imported_label_maps"
    origin: Literal["spade"]
    """Whose layout the checkpoint has."""
    labels: LabelMap
    generator: SpadeParams

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> GeneratorTranslator:
        """Build a generator for each direction."""
        generators = {
            to: FromLabelMaps(
                self.labels,
                self.generator.build(
                    self.labels.channels, data.specs[to].channels, data.specs[to].bounded
                ),
            )
            for to in self.directions
        }
        return GeneratorTranslator(generators, self.directions, mode="eval")


class ImportedVQParams(ImportedRunParams, GenerativeRunParams):
    """A VQ model whose weights came from a checkpoint."""

    method: Literal["imported_vq"] = "imported_vq"
    domains: tuple[str, ...] = ("picture",)
    origin: Literal["taming"]
    """Whose layout the checkpoint has."""
    network: VqganParams
    quantiser: AnyQuantiserParams
    file: CheckpointFile

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> VQModel:
        """Build encoder, codebook and decoder."""
        return VQModel(data.spec(self.domains), self.network, self.quantiser, laplace=False)


class ImportedGANParams(ImportedRunParams, GenerativeRunParams):
    """A generator whose weights came from a checkpoint."""

    method: Literal["imported_gan"] = "imported_gan"
    domains: tuple[str, ...] = ("picture",)
    origin: Literal["stylegan2-ada", "biggan"]
    """Whose layout the checkpoint has."""
    latent: Width
    classes: int = Field(ge=0, le=2**14)
    """That it is told; 0: none."""
    generator: PublishedGenerators
    file: CheckpointFile

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> StyleGANModel | GANModel:
        """Build the generator."""
        spec = data.spec(self.domains)
        if isinstance(self.generator, BigganGeneratorParams):
            told = self.generator.build(self.latent, spec, self.classes)
            return GANModel(told, latent=self.latent, classes=self.classes)
        network = self.generator.build(self.latent, spec, self.classes)
        return StyleGANModel(
            network, latent=self.latent, classes=self.classes, bounded=spec.bounded
        )


class ImportedVocoderParams(ImportedRunParams):
    """A vocoder whose weights came from a checkpoint, and what its frames mean."""

    reads = Vocoded

    method: Literal["imported_vocoder"] = "imported_vocoder"
    origin: Literal["hifigan", "bigvgan", "vocos"]
    """Whose layout the checkpoint has."""
    generator: WaveGenerators
    convention: MelConvention
    file: CheckpointFile

    @property
    def domains(self) -> tuple[str, ...]:
        """None that could be named: whose voices it learnt from, no checkpoint says."""
        return ()

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> VocoderModel:
        """Build the generator."""
        return VocoderModel(self.generator.build(self.convention.mels), self.convention)
