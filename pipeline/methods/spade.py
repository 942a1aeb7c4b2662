"""SPADE or GauGAN: label maps to pictures in a style, from aligned pairs (Park et al. 2019)."""

from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import NonNegativeFloat
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.optim import Optimizer

from pipeline.backbones.multiscale import MultiscaleParams
from pipeline.backbones.spade import SpadeParams
from pipeline.losses.adversarial import Adversarial
from pipeline.losses.divergence import gaussian_kl
from pipeline.losses.matching import feature_matching
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.perceptual import PerceptualParams
from pipeline.methods.runs import TranslatorRunParams
from pipeline.models.card import Pretrained
from pipeline.models.translators import GeneratorTranslator, StyledTranslator
from pipeline.samples import DatasetSpec, Paired


class SPADEParams(TranslatorRunParams, AdversarialRunParams):
    """The paper's values by default, but for instance norm and a style code only where asked."""

    reads = Paired

    method: Literal["spade"]
    generator: SpadeParams = SpadeParams()
    discriminator: MultiscaleParams = MultiscaleParams()
    loss: Adversarial = "hinge"
    matching_weight: NonNegativeFloat = 10.0
    """Weight of the differences in the discriminator's features."""
    perceptual: PerceptualParams
    """``{kind: vgg19, weights: FILE}`` as published, or ``{kind: none}``."""
    perceptual_weight: NonNegativeFloat = 10.0
    kl_weight: NonNegativeFloat = 0.05
    """Weight of the style codes' divergence from the prior, in nats a sample."""
    optimizer: OptimizerParams = AdamParams(lr=1e-4, beta1=0.0, beta2=0.9)
    discriminator_optimizer: OptimizerParams = AdamParams(lr=4e-4, beta1=0.0, beta2=0.9)
    """Two time scales (Heusel et al. 2017)."""

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> GeneratorTranslator:
        """Build one generator, source to target, and where it has styles their encoder."""
        source, target = data.specs[self.source], data.specs[self.target]
        generator = self.generator.build(source.channels, target.channels, target.bounded)
        encoder = self.generator.build_encoder(target.channels)
        if encoder is None:
            return GeneratorTranslator({self.target: generator}, self.direction, mode="eval")
        return StyledTranslator(self.target, self.source, generator, encoder)

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "SPADEMethod":
        """Build the model, the discriminators on source and target together, and the losses.

        Raises UserError where VGG19's weights are wanted and can't be had, and ValueError where
        they would compare what is no picture.
        """
        source, target = data.specs[self.source], data.specs[self.target]
        if self.perceptual.kind == "vgg19" and not (target.bounded and target.channels in (1, 3)):
            raise ValueError(
                f"perceptual: vgg19 compares pictures, and {self.target} has none: {{kind: none}}"
            )
        model = self.build_model(data)
        network = self.discriminator.build(source.channels + target.channels)
        adversary = self.build_adversary(network, joint=False)
        return SPADEMethod(self, model, adversary, self.perceptual.build())


class SPADEMethod(Method[Paired]):
    """See `SPADEParams`."""

    params: SPADEParams
    model: GeneratorTranslator

    def __init__(
        self,
        params: SPADEParams,
        model: GeneratorTranslator,
        adversary: Adversary,
        perceptual: nn.Module | None,
    ) -> None:
        super().__init__(params, model)
        self.generator = model.generator(params.target)
        self.encoder = model.encoder if isinstance(model, StyledTranslator) else None
        self.adversary, self.perceptual = adversary, perceptual

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generator`` (with the style encoder) and ``discriminator`` (of all scales)."""
        return {
            "generator": self.params.optimizer.build(self.model),
            "discriminator": self.params.discriminator_optimizer.build(self.adversary),
        }

    def updates(self, batch: Paired, step: int) -> Iterator[Update]:
        """Yield the generator's update, then the discriminator's on the same fakes."""
        source, target = batch
        losses, params = Losses(), self.params
        style, kl = self.draw_style(target)
        fake = self.generator(source, style)
        of_real, of_fake = self.adversary.outputs_to_match(target, fake, condition=source)
        losses.add("adversarial", self.adversary.generator_loss_of(of_fake, of_real))
        matching = feature_matching(
            [layers[:-1] for layers in of_fake.layers], [layers[:-1] for layers in of_real.layers]
        )
        losses.add("matching", matching, params.matching_weight)
        if self.perceptual is not None:
            losses.add("perceptual", self.perceptual(fake, target), params.perceptual_weight)
        if kl is not None:
            losses.add("kl", kl, params.kl_weight)
        losses.log(l1=l1_loss(fake.detach().float(), target))
        yield losses.update("generator")
        yield Update(
            "discriminator",
            *self.adversary.discriminator_loss(target, fake.detach(), step, condition=source),
        )
        self.adversary.clip()

    def draw_style(self, y: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Draw [N, Z] from the encoder's posteriors (section 3.2); also return their divergence."""
        if self.encoder is None:
            return None, None
        mean, log_variance = self.encoder(y)
        style = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        return style, gaussian_kl(mean, log_variance).mean()
