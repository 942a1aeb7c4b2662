"""GANs: a generator and a discriminator under any loss, penalty and regulariser.

Goodfellow et al. 2014. Networks, loss, penalty and conditioning are parts that are chosen apart:
DCGAN (Radford et al. 2016) by default; ``loss: wasserstein`` with ``penalty: {kind: gradient}``,
``discriminator_steps: 5`` and ``resnet`` networks is WGAN-GP (Gulrajani et al. 2017). Classes go
to the discriminator as planes (Mirza & Osindero 2014), by projection (``head: projection``), or are
asked of it (``auxiliary``).
"""

from collections.abc import Iterator
from typing import Any, Literal, Self

import torch
from pydantic import NonNegativeFloat, PositiveFloat, model_validator
from torch import Tensor, nn
from torch.optim import Optimizer

from pipeline.backbones import DiscriminatorParams, GeneratorParams
from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.block import Block, Count, Width
from pipeline.losses.adversarial import Adversarial
from pipeline.losses.matching import mean_feature_matching
from pipeline.losses.penalty import off_diagonal_penalty
from pipeline.methods.adversarial import FREE, AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.alteration import AdaptiveParams, Alteration, InstanceNoiseParams
from pipeline.methods.auxiliary import AuxiliaryAdversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.bottleneck import BottleneckAdversary, BottleneckParams
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.past_weights import (
    HistoricalAverage,
    HistoricalAveragingParams,
    PastDiscriminators,
    PastDiscriminatorsParams,
)
from pipeline.methods.runs import GenerativeRunParams
from pipeline.models.card import Pretrained
from pipeline.models.gan import GANModel
from pipeline.nn.auxiliary import AuxiliaryClassifier
from pipeline.nn.bottleneck import Bottleneck
from pipeline.nn.conditioning import OneHotInput, OneHotPlanes
from pipeline.samples import DatasetSpec, Labelled, Spec


class OrthogonalParams(Block):
    """Presses the generator's filters apart, whatever their lengths (BigGAN)."""

    kind: Literal["orthogonal"] = "orthogonal"
    weight: PositiveFloat = 1e-4


class FeatureMatchingParams(Block):
    """Asks for fakes whose features are, on average, those of real samples (Salimans et al.)."""

    weight: PositiveFloat = 1.0
    adversarial_weight: NonNegativeFloat = 1.0
    """Of the adversarial loss beside it; 0 leaves feature matching alone, as in the paper."""


class GANParams(GenerativeRunParams, AdversarialRunParams):
    """DCGAN's values by default."""

    method: Literal["gan"]
    latent: Width = 100
    conditional: bool = False
    """Tell generator and discriminator the class, which can be asked for when sampling then."""
    generator: GeneratorParams = ConvDecoderParams()
    discriminator: DiscriminatorParams = ConvEncoderParams()
    loss: Adversarial = "nonsaturating"
    regulariser: OrthogonalParams | None = None
    """Of the generator's weights."""
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
        if self.auxiliary is not None and self.bottleneck is not None:
            raise ValueError(
                "bottleneck leaves the discriminator a code for one logit, and auxiliary asks it "
                "for classes, too: leave one of the two out"
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

    @property
    def batches_per_step(self) -> int:
        """One for each of the discriminator's steps."""
        return self.discriminator_steps

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
    def _bounds_what_decides(self) -> Self:
        if self.bottleneck and self.loss == "wasserstein" and self.penalty.kind in FREE:
            raise ValueError(
                "loss: wasserstein needs a penalty beside bottleneck: what decides by the code has "
                "no spectral norm"
            )
        return self

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
        if self.conditional and len(data.classes) < 2:
            raise ValueError(
                f"conditional: {', '.join(self.domains)} has no classes to tell the networks"
            )
        return len(data.classes) if self.conditional else 0

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> GANModel:
        """Build the generator."""
        spec, classes = data.spec(self.domains), self.classes(data)
        network: nn.Module
        if self.generator.told_classes:
            network = self.generator.build(self.latent, spec, classes)
        else:
            network = self.generator.build(self.latent + classes, spec)
            network = OneHotInput(network, classes) if classes else network
        return GANModel(network, latent=self.latent, classes=classes)

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "GAN":
        """Build the generator and its discriminator."""
        return GAN(self, self.build_model(data), self.build_discriminator(data))

    def build_discriminator(self, data: DatasetSpec) -> Adversary:
        """Build the discriminator, which is told the classes where there are any."""
        spec, classes = data.spec(self.domains), self.classes(data)
        network = self._discriminator_network(spec, classes)
        if self.feature_matching is not None and not hasattr(network, "features"):
            raise ValueError("feature_matching: this discriminator does not show its features")
        if self.auxiliary is not None:
            network = AuxiliaryClassifier(network, self.auxiliary)
            return self.build_adversary(network, joint=False, kind=AuxiliaryAdversary)
        # Real and fake go through apart: batch norm's statistics must not mix them (DCGAN).
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
        if self.discriminator.told_classes:
            return self.discriminator.build(spec, outputs, classes)
        shown = spec.model_copy(update={"channels": spec.channels + classes})
        network = self.discriminator.build(shown, outputs)
        return OneHotPlanes(network, classes) if classes else network


class GAN(Method[Labelled]):
    """See `GANParams`."""

    params: GANParams
    model: GANModel

    def __init__(self, params: GANParams, model: GANModel, adversary: Adversary) -> None:
        super().__init__(params, model)
        self.adversary = adversary
        players = {"generator": model, "discriminator": adversary}
        self.averages = nn.ModuleDict()
        if params.historical_averaging is not None:
            self.averages.update({name: HistoricalAverage(of) for name, of in players.items()})
        past = params.past_discriminators
        self.past = None if past is None else PastDiscriminators(adversary, past)

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generator`` and ``discriminator``."""
        return {
            "generator": self.params.optimizer.build(self.model),
            "discriminator": self.params.discriminator_optimizer.build(self.adversary),
        }

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield the discriminator's updates, then the generator's on the last fakes."""
        if self.past is not None:
            self.past.keep(self.adversary, step)
        count = self.params.discriminator_steps
        for x, y in zip(batch.x.chunk(count), batch.y.chunk(count), strict=True):
            labels = y if self.model.classes else None
            z = self.model.draw(len(x), device=x.device)  # a copy there would wait for it
            fake = self.model.decode(z, labels)
            losses = Losses()
            losses.total, losses.logs = self.adversary.discriminator_loss(
                x, fake.detach(), step, labels=labels
            )
            if self.params.wrong_classes:
                of_wrong = self.wrong_class_loss(x, y, step)
                losses.total = (losses.total + of_wrong) / 2
                losses.log(wrong_class=of_wrong)
            self.add_drift(losses, "discriminator", self.adversary)
            yield losses.update("discriminator")
            self.adversary.clip()
        losses = Losses()
        self.add_adversarial(losses, fake, x, labels, step)
        self.add_drift(losses, "generator", self.model)
        if self.params.regulariser is not None:
            losses.add("orthogonal", self.orthogonality(), self.params.regulariser.weight)
        yield losses.update("generator")

    def add_adversarial(
        self, losses: Losses, fake: Tensor, real: Tensor, labels: Tensor | None, step: int
    ) -> None:
        """Add what the generator learns of the discriminator, or of several, and its features."""
        shown: dict[str, Any] = {"real": real, "labels": labels, "step": step}
        if self.past is None:
            loss = self.adversary.generator_loss(fake, **shown)
        else:
            loss = self.past.generator_loss(self.adversary, fake, **shown)
        matching = self.params.feature_matching
        if matching is None:
            losses.add("adversarial", loss)
            return
        losses.add("adversarial", loss, matching.adversarial_weight)
        of_real, of_fake = self.adversary.features_to_match(real, fake, labels=labels, step=step)
        losses.add("matching", mean_feature_matching(of_fake, of_real), matching.weight)

    def add_drift(self, losses: Losses, name: str, network: nn.Module) -> None:
        """Add how far a network's weights are from their historical average, if that is asked."""
        averaging = self.params.historical_averaging
        if averaging is not None:
            losses.add(f"drift_{name}", self.averages[name](network), averaging.weight)

    def wrong_class_loss(self, x: Tensor, labels: Tensor, step: int) -> Tensor:
        """Compute the discriminator's loss where samples [N, C, H, W] of another class than theirs
        are the fakes.

        Its mean with that of generated ones is algorithm 1 of Reed et al. 2016: log D(x, y) +
        (log(1 - D(x, wrong y)) + log(1 - D(G(z, y), y))) / 2.
        """
        classes = self.model.classes
        wrong = (labels + torch.randint_like(labels, 1, classes)) % classes
        loss, _ = self.adversary.discriminator_loss(x, x, step, labels=labels, fake_labels=wrong)
        return loss

    def orthogonality(self) -> Tensor:
        """Sum `off_diagonal_penalty` over the weights of the generator's layers."""
        penalties = [
            off_diagonal_penalty(weight.transpose(0, 1) if transposed else weight)
            for layer in self.model.modules()
            for transposed in [isinstance(layer, nn.ConvTranspose2d)]  # [inputs, outputs, ...]
            for weight in layer.parameters(recurse=False)
            if weight.ndim > 1
        ]
        return torch.stack(penalties).sum()
