"""What a method is: networks, their optimisers, and the updates of one step."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import Field, PositiveInt, model_validator
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from pipeline.backbones.bridge import LatentTranslationParams
from pipeline.block import Block
from pipeline.codecs.spectrogram import MelConvention
from pipeline.models.translators import LatentTranslator
from pipeline.models.vq import VQModel
from pipeline.nn.folding import folded
from pipeline.samples import Batch, Spec


class Update(NamedTuple):
    """One optimiser step that a method asks the loop for."""

    optimizer: str
    """Which optimiser steps. Gradients reach its parameters and no others, so a frozen network
    costs nothing."""
    loss: Tensor
    """Scalar."""
    logs: dict[str, Tensor]
    """Scalars to log; the loop detaches them."""


class Method(nn.Module, ABC):
    """How a model is trained.

    ``model`` is what is exported when training ends; everything else (discriminators, pools) is
    the method's own. Methods call neither ``backward`` nor ``step`` nor ``to``.
    """

    model: nn.Module

    @abstractmethod
    def optimizers(self) -> dict[str, Optimizer]:
        """The optimisers by the names that updates use."""

    @abstractmethod
    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """The updates of one step; what stands after a ``yield`` sees the stepped weights."""


class StackedMethod(Method, ABC):
    """A method that stands on a finished model."""

    @abstractmethod
    def stand_on(self, finished: nn.Module) -> None:
        """Takes over the weights of what the run's `Foundation` describes."""


class AdamParams(Block):
    """Adam with the rates and momenta that image translation has used since DCGAN."""

    rate: float = Field(2e-4, gt=0)
    beta1: float = Field(0.5, ge=0, lt=1)
    beta2: float = Field(0.999, ge=0, lt=1)

    def build(self, *modules: nn.Module) -> Adam:
        """The optimiser of what is `learning` in ``modules``."""
        return Adam(
            trainable_parameters(*modules), lr=self.rate, betas=(self.beta1, self.beta2), fused=True
        )


class AdamWParams(AdamParams):
    """Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019)."""

    decay: float = Field(0.01, ge=0)
    """What a step at rate r takes from each weight: its r * ``decay``-fold."""

    def build(self, *modules: nn.Module) -> AdamW:
        """The optimiser of what is `learning` in ``modules``."""
        betas = (self.beta1, self.beta2)
        return AdamW(
            trainable_parameters(*modules),
            lr=self.rate,
            betas=betas,
            weight_decay=self.decay,
            fused=True,
        )


def trainable_parameters(*modules: nn.Module) -> list[nn.Parameter]:
    """The parameters of ``modules`` that are not frozen, each once."""
    found = {p: None for module in modules for p in module.parameters() if p.requires_grad}
    return list(found)


class ScheduleParams(Block):
    """The learning rate's factor as a function of the step."""

    kind: Literal["constant", "linear", "exponential"] = "constant"
    hold: float = Field(0.5, ge=0, lt=1)
    """Share of the steps at the full rate before a linear decay to zero begins."""
    decay: float = Field(0.999, gt=0, le=1)
    """What an exponential decay multiplies the rate by, again and again."""
    every: PositiveInt = 809
    """Steps between two such multiplications. HiFi-GAN's are epochs: 809 batches of 16 in the
    12,950 training clips of LJSpeech."""

    def factor(self, step: int, steps: int) -> float:
        """1 at first; with ``linear`` falling to (almost) 0 at the last step, with
        ``exponential`` a little lower after ``every`` so many."""
        if self.kind == "constant":
            return 1.0
        if self.kind == "exponential":
            return self.decay ** (step // self.every)
        held = self.hold * steps
        return min(1.0, (steps - step) / (steps - held))


class RunParams(Block, ABC):
    """What every model block says of its run, whatever the method."""

    reads: ClassVar[Literal["aligned", "unaligned", "labelled", "vocoded"]]
    """What a batch is: a `Pair` whose halves belong together or do not, `Labelled`, or
    `Vocoded`."""

    data: str
    """The data set's name under ``datasets``."""
    steps: PositiveInt
    batch: PositiveInt = 1
    """Samples a step over all processes."""
    resize: PositiveInt | None = None
    """Side that pictures are scaled to before they are cropped: 286 for crops of 256 in the
    papers."""
    crop: PositiveInt | None = None
    """Side of a random square crop (pictures), or frames of a random window (sound, required)."""
    flip: bool = False
    """ConvDecoder half of the pictures left to right."""
    colour: float = Field(0.0, ge=0, le=1)
    """How strongly brightness, saturation and contrast of pictures vary; not for aligned pairs,
    whose halves' colours belong together."""
    schedule: ScheduleParams = ScheduleParams()
    ema: float | None = Field(None, ge=0, lt=1)
    """Decay a step of the averaged weights that are exported; None exports the last weights."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """``auto``: bf16 where the machine computes it faster than fp32."""
    deterministic: bool = False
    """On a GPU: the same weights from the same seed, bit for bit, at some cost in speed, which
    ``python -m stages.train NAME --profile`` measures. On a processor they always are the same."""
    log_every: PositiveInt = 50
    show_every: PositiveInt | None = None
    """Steps between two looks at fixed samples, for pictures and warnings; None: ten looks a run,
    and more in a run of over 10,000 steps."""
    checkpoint_every: PositiveInt = 500

    @model_validator(mode="after")
    def _keeps_pairs_true(self) -> Self:
        if self.colour and self.reads == "aligned":
            raise ValueError("colour changes one half of a pair alone: leave it out")
        return self

    @property
    @abstractmethod
    def domains(self) -> tuple[str, ...]:
        """The domains of the data set that training reads."""

    @abstractmethod
    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> nn.Module:
        """The model that is exported, with fresh weights."""

    @abstractmethod
    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> Method:
        """The method around a fresh model."""


class TranslatorRunParams(RunParams, ABC):
    """A run that reads two domains."""

    source: str
    target: str

    @model_validator(mode="after")
    def _two_domains(self) -> Self:
        if self.source == self.target:
            raise ValueError(f"source and target are both '{self.source}'")
        return self

    @property
    def domains(self) -> tuple[str, ...]:
        """Source and target."""
        return (self.source, self.target)


class GenerativeRunParams(RunParams, ABC):
    """A run that reads one domain."""

    reads = "labelled"

    domain: str

    @property
    def domains(self) -> tuple[str, ...]:
        """The one domain."""
        return (self.domain,)


class VQRunParams(GenerativeRunParams, ABC):
    """A run that learns to write samples as codes."""

    also: tuple[str, ...] = ()
    """Further domains whose samples it learns, in turn with those of ``domain``: a translator that
    is to stand on it needs both of its own."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.domains)) < len(self.domains):
            raise ValueError(f"domain and also name one twice: {', '.join(self.domains)}")
        return self

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains it reads."""
        return (self.domain, *self.also)

    def spec(self, specs: dict[str, Spec]) -> Spec:
        """What its samples are; raises ValueError where those of two domains differ."""
        spec = specs[self.domain]
        for name in self.also:
            if specs[name] != spec:
                raise ValueError(f"{self.domain} has {spec}, but {name} has {specs[name]}")
        return spec


class SeveralDomainsRunParams(RunParams, ABC):
    """A run that reads any number of domains."""

    of: tuple[str, ...] = Field(min_length=1)
    """The domains it learns from, in turn."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if len(set(self.of)) < len(self.of):
            raise ValueError(f"of names a domain twice: {', '.join(self.of)}")
        return self

    @property
    def domains(self) -> tuple[str, ...]:
        """The domains it learns from."""
        return self.of


class VocoderRunParams(SeveralDomainsRunParams, ABC):
    """A run that reads sound beside its mel frames."""

    reads = "vocoded"

    convention: MelConvention = MelConvention()
    """What the frames mean: that of the data set, and of every model whose frames it is given."""


class Foundation(Block):
    """The finished model that a run stands on, as that model's card has it."""

    sha256: str
    """Of its weights: other weights at the same place are another run."""
    run: dict[str, Any]
    specs: dict[str, Spec]
    classes: tuple[str, ...]

    def build_model(self) -> nn.Module:
        """The model with fresh weights; raises ValidationError for no block of ours."""
        from pipeline.params import load_run

        return folded(load_run(self.run).build_model(self.specs, self.classes))


class StackedRunParams(RunParams, ABC):
    """A run that may stand on another stage's output."""

    pretrained: str | None = Field(None, pattern=r"^(classifiers|models)/[^/]+$")
    """What lies below ``data/`` and is trained first: ``classifiers/NAME`` or ``models/NAME``. A block
    that says so is one of ``second_stage``, whose stages depend on it."""
    foundation: Foundation | None = None
    """What was found there. Training fills it in, and the finished model keeps it."""

    def ground(self) -> Foundation:
        """The foundation; raises ValueError where there is none yet."""
        if self.foundation is None:
            raise ValueError(f"{self.pretrained} has to be trained first")
        return self.foundation


class LatentTranslationRunParams(TranslatorRunParams, StackedRunParams, ABC):
    """A run whose generators may be bridges between the latents of a finished VQ model."""

    generator: Block

    @model_validator(mode="after")
    def _stands_on_its_coder(self) -> Self:
        bridged = isinstance(self.generator, LatentTranslationParams)
        if bridged != (self.pretrained or "").startswith("models/"):
            raise ValueError(
                "generator: {kind: vqgan} and pretrained: models/NAME belong together, found "
                f"pretrained: {self.pretrained}"
            )
        return self

    def build_latent_translator(
        self, params: LatentTranslationParams, specs: dict[str, Spec], directions: dict[str, str]
    ) -> LatentTranslator:
        """The VQ model with fresh weights, and a bridge for each direction, target -> source.

        Raises ValueError where there is no VQ model, or it codes other samples than the domains'.
        """
        tokenizer, seen = self.ground().build_model(), next(iter(self.ground().specs.values()))
        if not isinstance(tokenizer, VQModel):
            raise ValueError(f"{self.pretrained} has no codes")
        for name in self.domains:
            spec = specs[name]
            if (seen.channels, seen.bounded) != (spec.channels, spec.bounded):
                raise ValueError(
                    f"{self.pretrained} codes samples of {seen}, but {name} has {spec}"
                )
        dim = tokenizer.quant_conv.out_channels
        bridges = {to: params.build(dim) for to in directions}
        return LatentTranslator(tokenizer, bridges, directions, frozen=params.tokenizer == "frozen")


class LatentTranslationMethod(StackedMethod, ABC):
    """A method whose model may be a `LatentTranslator`."""

    def stand_on(self, finished: nn.Module) -> None:
        """Takes over the VQ model's weights."""
        if isinstance(self.model, LatentTranslator):
            self.model.tokenizer.load_state_dict(finished.state_dict())
