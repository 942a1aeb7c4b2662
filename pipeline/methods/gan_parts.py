"""The parts of a GAN, chosen apart by a block of parameters, and which of them fit each other."""

from abc import ABC
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator
from torch import nn

from pipeline.backbones import DiscriminatorParams, GeneratorParams
from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.backbones.styled import StyledParams
from pipeline.backbones.stylegan2 import StyleGAN2DiscriminatorParams
from pipeline.block import Block, Count, Width, default_kind
from pipeline.losses.adversarial import Adversarial
from pipeline.methods.adversarial import FREE, AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.alteration import AdaptiveParams, Alteration, InstanceNoiseParams
from pipeline.methods.auxiliary import AuxiliaryAdversary
from pipeline.methods.bottleneck import BottleneckAdversary, BottleneckParams
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.past_weights import HistoricalAveragingParams, PastDiscriminatorsParams
from pipeline.methods.path_length import PathLengthParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.models.card import Pretrained
from pipeline.models.gan import GANModel
from pipeline.models.stylegan import StyleGANModel
from pipeline.nn.auxiliary import AuxiliaryClassifier
from pipeline.nn.bottleneck import Bottleneck
from pipeline.nn.conditioning import OneHotInput, OneHotPlanes
from pipeline.samples import DatasetSpec, Spec


class OrthogonalParams(Block):
    """Presses the generator's filters apart, whatever their lengths (BigGAN)."""

    kind: Literal["orthogonal"] = "orthogonal"
    weight: PositiveFloat = 1e-4


class FeatureMatchingParams(Block):
    """Asks for fakes whose features are, on average, those of real samples (Salimans et al.)."""

    weight: PositiveFloat = 1.0
    adversarial_weight: NonNegativeFloat = 1.0
    """Of the adversarial loss beside it; 0 leaves feature matching alone, as in the paper."""


RegulariserParams = Annotated[
    OrthogonalParams | PathLengthParams,
    Field(discriminator="kind"),
    default_kind("orthogonal"),
]


class GANPartsParams(GenerativeRunParams, AdversarialRunParams, ABC):
    """DCGAN's values by default."""

    latent: Width = 100
    conditional: bool = False
    """Tell generator and discriminator the class, which can be asked for when sampling then."""
    generator: GeneratorParams = ConvDecoderParams()
    discriminator: DiscriminatorParams = ConvEncoderParams()
    loss: Adversarial = "nonsaturating"
    regulariser: RegulariserParams | None = None
    """Of the generator's weights, or of its path lengths."""
    feature_matching: FeatureMatchingParams | None = None
    historical_averaging: HistoricalAveragingParams | None = None
    past_discriminators: PastDiscriminatorsParams | None = None
    bottleneck: BottleneckParams | None = None
    """Of what the discriminator may know of a sample."""
    instance_noise: InstanceNoiseParams | None = None
    adaptive_augmentation: AdaptiveParams | None = None
    """Beside or in place of ``diffaugment``, whose alterations every sample goes through."""
    auxiliary: PositiveFloat | None = None
    """Weight of the cross-entropy of classes that the discriminator tells beside real from fake,
    which it is told no more (Odena et al. 2017, ACGAN: 1); None: it tells none."""
    wrong_classes: bool = False
    """Show the discriminator real samples of a wrong class as fakes, too (Reed et al. 2016)."""
    discriminator_steps: Count = 1
    """Steps of the discriminator before each of the generator's, each on samples of its own."""
    optimizer: OptimizerParams = AdamParams()
    discriminator_optimizer: OptimizerParams = AdamParams()

    @model_validator(mode="after")
    def _asks_of_classes(self) -> Self:
        asked = {"auxiliary": self.auxiliary is not None, "wrong_classes": self.wrong_classes}
        for name, is_asked in asked.items():
            if is_asked and not self.conditional:
                raise ValueError(f"{name} is of classes: it needs conditional: true")
        if self.auxiliary is not None and self.discriminator.told_classes:
            raise ValueError(
                "auxiliary asks the discriminator for the class that head: projection tells it: "
                "leave one of the two out"
            )
        if all(asked.values()):
            raise ValueError(
                "wrong_classes is for a discriminator that is told the class, and auxiliary asks "
                "for it instead: leave one of the two out"
            )
        return self

    @model_validator(mode="after")
    def _tells_classes(self) -> Self:
        for name, network in (("generator", self.generator), ("discriminator", self.discriminator)):
            if network.told_classes and not self.conditional:
                norm, head = (getattr(network, key, "") for key in ("norm", "head"))
                part = f"norm: {norm}" if norm == "conditional_batch" else f"head: {head}"
                raise ValueError(f"{name}: {part} is of classes: it needs conditional: true")
        return self

    @model_validator(mode="after")
    def _has_paths(self) -> Self:
        styled = isinstance(self.generator, StyledParams)
        if isinstance(self.regulariser, PathLengthParams) and not styled:
            raise ValueError(
                "regulariser: {kind: path_length} is of styles w, which generator: {kind: "
                f"{self.generator.kind}}} has none of; allowed: stylegan, stylegan2"
            )
        return self

    @model_validator(mode="after")
    def _adapts_to_signs(self) -> Self:
        adapts = self.adaptive_augmentation is not None
        if adapts and self.loss not in ("nonsaturating", "minimax", "hinge", "clamped_hinge"):
            raise ValueError(
                "adaptive_augmentation follows the signs of logits, which say nothing under loss: "
                f"{self.loss}; allowed: nonsaturating, minimax, hinge, clamped_hinge"
            )
        return self

    @model_validator(mode="after")
    def _decides_by_one_code(self) -> Self:
        if self.bottleneck is None:
            return self
        if self.loss == "wasserstein" and self.penalty.kind in FREE:
            raise ValueError(
                "loss: wasserstein needs a penalty beside bottleneck: what decides by the code has "
                "no spectral norm"
            )
        if self.auxiliary is not None:
            raise ValueError(
                "bottleneck leaves the discriminator a code for one logit, and auxiliary asks it "
                "for classes, too: leave one of the two out"
            )
        return self

    @property
    def batches_per_step(self) -> int:
        """One for each of the discriminator's steps."""
        return self.discriminator_steps

    def check_data(self, data: DatasetSpec) -> None:
        """Raise ValueError where its parts do not fit a data set."""
        super().check_data(data)
        kinds = () if self.adaptive_augmentation is None else self.adaptive_augmentation.kinds
        wrong = set(kinds) - {"translation", "cutout"}
        if wrong and not all(data.specs[d].bounded for d in self.domains):
            raise ValueError(
                f"adaptive_augmentation.kinds: found {', '.join(sorted(wrong))}, which alter "
                "pictures; allowed of sound: translation, cutout"
            )

    def build_alteration(self) -> Alteration:
        """Build what samples go through before the discriminator sees them."""
        return Alteration(
            self.diffaugment,
            instance_noise=self.instance_noise,
            adaptive=self.adaptive_augmentation,
        )

    def classes(self, data: DatasetSpec) -> int:
        """Count the classes that networks are told; raise ValueError where there are none."""
        return self.count_classes(data) if self.conditional else 0

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> GANModel | StyleGANModel:
        """Build the generator."""
        spec, classes = data.spec(self.domains), self.classes(data)
        if isinstance(self.generator, StyledParams):
            styled = self.generator.build(self.latent, spec, classes)
            shape = {"latent": self.latent, "classes": classes}
            return StyleGANModel(styled, **shape, bounded=spec.bounded)
        network: nn.Module
        if self.generator.told_classes:
            network = self.generator.build(self.latent, spec, classes)
        else:
            network = self.generator.build(self.latent + classes, spec)
            network = OneHotInput(network, classes) if classes else network
        return GANModel(network, latent=self.latent, classes=classes)

    def build_discriminator(self, data: DatasetSpec) -> Adversary:
        """Build the discriminator, which is told the classes where there are any.

        Real and fake go through apart: batch norm's statistics must not mix them (DCGAN).
        """
        network = self._discriminator_network(data.spec(self.domains), self.classes(data))
        if self.feature_matching is not None and not hasattr(network, "features"):
            raise ValueError("feature_matching: this discriminator does not show its features")
        if self.auxiliary is not None:
            network = AuxiliaryClassifier(network, self.auxiliary)
            return self.build_adversary(network, joint=False, kind=AuxiliaryAdversary)
        if self.bottleneck is None:
            return self.build_adversary(network, joint=False)
        return BottleneckAdversary(
            Bottleneck(network, self.bottleneck.width),
            self.loss,
            self.bottleneck,
            joint=False,
            penalty=self.penalty,
            alteration=self.build_alteration(),
            smoothing=self.smoothing,
        )

    def _discriminator_network(self, spec: Spec, classes: int) -> nn.Module:
        outputs = 1 if self.bottleneck is None else 2 * self.bottleneck.width
        if self.auxiliary is not None:
            return self.discriminator.build(spec, 1 + classes)
        of_classes = isinstance(self.discriminator, StyleGAN2DiscriminatorParams)
        if of_classes or self.discriminator.told_classes:
            return self.discriminator.build(spec, outputs, classes)
        shown = spec.model_copy(update={"channels": spec.channels + classes})
        network = self.discriminator.build(shown, outputs)
        return OneHotPlanes(network, classes) if classes else network
