"""SPADE or GauGAN: label maps to pictures in a style, from aligned pairs (Park et al. 2019)."""

from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import NonNegativeFloat
from torch import Tensor, cat, nn
from torch.nn.functional import l1_loss
from torch.optim import Optimizer

from pipeline.backbones.multiscale import MultiscaleParams
from pipeline.backbones.spade import SpadeParams
from pipeline.capabilities import Stylist
from pipeline.losses.adversarial import Adversarial, discriminator_loss, generator_loss, verdict
from pipeline.losses.divergence import gaussian_kl
from pipeline.losses.matching import feature_matching
from pipeline.losses.perceptual import Perceptual, PerceptualParams
from pipeline.methods.base import AdamParams, Method, TranslatorRunParams, Update
from pipeline.models.translators import GeneratorTranslator
from pipeline.samples import Batch, Pair, Spec

Scales = list[list[Tensor]]
"""For each scale what the discriminator's layers see, its logits last."""


class SPADEParams(TranslatorRunParams):
    """The paper's values by default, but for instance norm and a style code only where asked."""

    reads = "aligned"

    method: Literal["spade"]
    generator: SpadeParams = SpadeParams()
    discriminator: MultiscaleParams = MultiscaleParams()
    loss: Adversarial = "hinge"
    matching_weight: NonNegativeFloat = 10.0
    """Weight of the differences in what the discriminator sees."""
    perceptual: PerceptualParams
    """``{kind: vgg19, weights: FILE}`` as published, or ``{kind: none}``."""
    perceptual_weight: NonNegativeFloat = 10.0
    kl_weight: NonNegativeFloat = 0.05
    """Weight of the style codes' divergence from the prior, in nats a sample."""
    optimizer: AdamParams = AdamParams(rate=1e-4, beta1=0.0, beta2=0.9)
    discriminator_optimizer: AdamParams = AdamParams(rate=4e-4, beta1=0.0, beta2=0.9)
    """Two time scales (Heusel et al. 2017)."""

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> GeneratorTranslator:
        """One generator, source to target, and where it has styles the encoder of them."""
        source, target = specs[self.source], specs[self.target]
        generator = self.generator.build(source.channels, target.channels, target.bounded)
        encoder = self.generator.build_encoder(target.channels)
        if encoder is None:
            return GeneratorTranslator(
                {self.target: generator}, {self.target: self.source}, mode="eval"
            )
        return StyledTranslator(self.target, self.source, generator, encoder)

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "SPADEMethod":
        """The model, the discriminators on source and target together, and the losses.

        Raises UserError where VGG19's weights are wanted and can't be had, and ValueError where
        they would discriminator what is no picture.
        """
        source, target = specs[self.source], specs[self.target]
        if self.perceptual.kind == "vgg19" and not (target.bounded and target.channels in (1, 3)):
            raise ValueError(
                f"perceptual: vgg19 compares pictures, and {self.target} has none: {{kind: none}}"
            )
        return SPADEMethod(
            self.build_model(specs, classes),
            self.discriminator.build(source.channels + target.channels),
            self.perceptual.build(),
            target=self.target,
            loss=self.loss,
            matching_weight=self.matching_weight,
            perceptual_weight=self.perceptual_weight,
            kl_weight=self.kl_weight,
            adam=self.optimizer,
            discriminator_adam=self.discriminator_optimizer,
        )


class StyledTranslator(GeneratorTranslator, Stylist):
    """A generator that takes style codes, and the encoder that finds them in pictures."""

    def __init__(self, to: str, of: str, generator: nn.Module, encoder: nn.Module) -> None:
        super().__init__({to: generator}, {to: of}, mode="eval")
        self.encoder = encoder

    def encode_style(self, y: Tensor) -> Tensor:
        """The posterior's mean."""
        self.encoder.eval()
        mean: Tensor = self.encoder(y)[0]
        return mean

    def translate(self, x: Tensor, to: str, style: Tensor | None = None) -> Tensor:
        """Samples [N, C, H, W] in styles [N, Z]; None: in the prior's mean, 0."""
        generator = self.generators[to].eval()
        y: Tensor = generator(x, style)
        return y


class SPADEMethod(Method):
    """See `SPADEParams`; batches are aligned `Pair`s."""

    def __init__(
        self,
        model: GeneratorTranslator,
        discriminator: nn.Module,
        perceptual: Perceptual | None,
        *,
        target: str,
        loss: Adversarial,
        matching_weight: float,
        perceptual_weight: float,
        kl_weight: float,
        adam: AdamParams,
        discriminator_adam: AdamParams,
    ) -> None:
        super().__init__()
        self.model = model
        self.generator = model.generators[target]
        self.encoder = model.encoder if isinstance(model, StyledTranslator) else None
        self.discriminator, self.perceptual = discriminator, perceptual
        self.loss: Adversarial = loss
        self.matching_weight = matching_weight
        self.perceptual_weight = perceptual_weight
        self.kl_weight = kl_weight
        self.adam, self.discriminator_adam = adam, discriminator_adam

    def optimizers(self) -> dict[str, Optimizer]:
        """``generator`` (with the style encoder) and ``discriminator`` (of all scales)."""
        return {
            "generator": self.adam.build(self.model),
            "discriminator": self.discriminator_adam.build(self.discriminator),
        }

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """The generator's update, then the discriminator's on the same fakes."""
        assert isinstance(batch, Pair)
        style, logs = self.draw_style(batch.b)
        fake = self.generator(batch.a, style)
        reals = self.logits(batch.a, batch.b)  # also the discriminator's: it has not stepped then
        fakes = self.logits(batch.a, fake)
        yield Update("generator", *self.generator_loss(fakes, reals, fake, batch.b, logs))
        yield Update(
            "discriminator",
            *self.discriminator_loss(reals, self.logits(batch.a, fake.detach())),
        )

    def draw_style(self, y: Tensor) -> tuple[Tensor | None, dict[str, Tensor]]:
        """A draw [N, Z] from the encoder's posteriors (section 3.2), and their divergence."""
        if self.encoder is None:
            return None, {}
        mean, log_variance = self.encoder(y)
        style = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        return style, {"kl": gaussian_kl(mean, log_variance).mean()}

    def generator_loss(
        self, fakes: Scales, reals: Scales, fake: Tensor, real: Tensor, logs: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum of its losses, and them; ``l1`` is logged alone, no loss has it."""
        adversarial = torch.stack(
            [generator_loss(self.loss, scale[-1].float()) for scale in fakes]
        ).mean()
        matching = feature_matching([s[:-1] for s in fakes], [s[:-1] for s in reals])
        loss = adversarial + self.matching_weight * matching
        logs = {"adversarial": adversarial, "matching": matching, **logs}
        if self.perceptual is not None:
            logs["perceptual"] = self.perceptual(fake, real)
            loss = loss + self.perceptual_weight * logs["perceptual"]
        if "kl" in logs:
            loss = loss + self.kl_weight * logs["kl"]
        logs["l1"] = l1_loss(fake.detach().float(), real)
        return loss, logs

    def discriminator_loss(self, reals: Scales, fakes: Scales) -> tuple[Tensor, dict[str, Tensor]]:
        """The mean of its loss over scales, and what to log of all logits."""
        real_logits, fake_logits = ([scale[-1].float() for scale in s] for s in (reals, fakes))
        losses = [
            discriminator_loss(self.loss, real, fake)
            for real, fake in zip(real_logits, fake_logits, strict=True)
        ]
        real, fake = (cat([y.flatten() for y in logits]) for logits in (real_logits, fake_logits))
        return torch.stack(losses).mean(), verdict(self.loss, real, fake)

    def logits(self, source: Tensor, target: Tensor) -> Scales:
        """What the discriminators see in a source and what claims to be its counterpart."""
        seen: Scales = self.discriminator(cat([source, target], dim=1))
        return seen
