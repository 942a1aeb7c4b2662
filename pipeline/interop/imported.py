"""The card of a finished model that was trained elsewhere."""

from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from pipeline.backbones import TranslatorParams
from pipeline.block import Block
from pipeline.errors import UserError
from pipeline.methods.base import Method, RunParams, TranslatorRunParams
from pipeline.samples import Spec
from pipeline.translators import GeneratorTranslator

KNOWN = {"data", "steps"}  # of what every run says; batch, schedule and so on nobody knows


class CheckpointFile(Block):
    """Which file a generator came from."""

    name: str
    """Without its folder."""
    sha256: str


class ImportedParams(TranslatorRunParams):
    """One generator or two whose weights came from a checkpoint, and no training of ours.

    Blocks of params.yaml can't say this, only finished models can: there is nothing to run.
    """

    reads = "unaligned"

    method: Literal["imported"] = "imported"
    data: str = "unknown"
    steps: Literal[0] = 0
    """Steps that this package trained it."""
    origin: Literal["junyanz"]
    """Whose code made the checkpoints."""
    generator: TranslatorParams
    inference: Literal["train", "eval"]
    """``train`` keeps dropout and batch statistics on when translating."""
    files: dict[str, CheckpointFile] = Field(min_length=1)
    """Target domain -> the checkpoint of the generator that leads there: ``target``, and
    ``source`` too where the model goes both ways."""

    @model_validator(mode="after")
    def _leads_to_its_target(self) -> Self:
        if not {self.target} <= set(self.files) <= set(self.domains):
            raise ValueError(f"expected files for '{self.target}', found {sorted(self.files)}")
        return self

    @model_serializer(mode="wrap")
    def _without_claims(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A card that spoke of a batch size or a schedule would make them up."""
        unknown = RunParams.model_fields.keys() - KNOWN
        return {name: value for name, value in handler(self).items() if name not in unknown}

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> GeneratorTranslator:
        """A generator for each direction that there is a file of."""
        ways = {self.target: self.source, self.source: self.target}
        directions = {to: of for to, of in ways.items() if to in self.files}
        generators = {
            to: self.generator.build(specs[of].channels, specs[to].channels, specs[to].bounded)
            for to, of in directions.items()
        }
        return GeneratorTranslator(generators, directions, mode=self.inference)

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> Method:
        """Raises UserError: discriminators, losses and data of the training are not known."""
        raise UserError("an imported model can't be trained: a checkpoint holds its generator only")
