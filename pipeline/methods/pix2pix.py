"""pix2pix: conditional GAN with L1, from aligned pairs (Isola et al. 2017)."""

from collections.abc import Iterator
from typing import Literal

from pydantic import NonNegativeFloat
from torch import Tensor
from torch.nn.functional import l1_loss
from torch.optim import Optimizer

from pipeline.backbones import OneWayGeneratorParams, PatchParams, UnetParams
from pipeline.backbones.latent import LatentTranslationParams
from pipeline.backbones.vae import Vae
from pipeline.losses.adversarial import Adversarial
from pipeline.losses.divergence import mean_kl
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.latent_translation import LatentTranslationRunParams, Translators
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.models.card import Pretrained
from pipeline.models.translators import GeneratorTranslator
from pipeline.samples import DatasetSpec, Paired


class Pix2PixParams(LatentTranslationRunParams, AdversarialRunParams):
    """The paper's values by default: U-Net, PatchGAN of 70 pixels, cross-entropy, 100 x L1."""

    reads = Paired

    method: Literal["pix2pix"]
    generator: OneWayGeneratorParams = UnetParams()
    discriminator: PatchParams = PatchParams()
    loss: Adversarial = "nonsaturating"
    l1_weight: NonNegativeFloat = 100.0
    kl_weight: NonNegativeFloat = 0.1
    """Weight of the latent's divergence from the prior in nats a value, where the generator has a
    latent. UNIT's at an L1 of this weight (Liu et al. 2017, section 4)."""
    optimizer: OptimizerParams = AdamParams()
    discriminator_optimizer: OptimizerParams = AdamParams()
    inference: Literal["train", "eval"] = "train"
    """``train`` keeps dropout and batch statistics on when translating, as the published models
    do, and draws from a latent; ``eval`` gives the same output each time."""

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> Translators:
        """Build one generator, source to target."""
        directions = self.direction
        if isinstance(self.generator, LatentTranslationParams):
            return self.build_latent_translator(self.generator, data, directions, pretrained)
        source, target = data.specs[self.source], data.specs[self.target]
        generator = self.generator.build(source.channels, target.channels, target.bounded)
        return GeneratorTranslator({self.target: generator}, directions, mode=self.inference)

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "Pix2Pix":
        """Build the generator and a discriminator on source and target together."""
        model = self.build_model(data, pretrained)
        channels = sum(data.specs[name].channels for name in self.domains)
        return Pix2Pix(
            self, model, self.build_adversary(self.discriminator.build(channels), joint=False)
        )


class Pix2Pix(Method[Paired]):
    """See `Pix2PixParams`."""

    params: Pix2PixParams
    model: Translators

    def __init__(self, params: Pix2PixParams, model: Translators, adversary: Adversary) -> None:
        super().__init__(params, model)
        self.adversary = adversary
        self.generator = model.generator(params.target)

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generator`` and ``discriminator``."""
        return {
            "generator": self.params.optimizer.build(self.generator),
            "discriminator": self.params.discriminator_optimizer.build(self.adversary),
        }

    def updates(self, batch: Paired, step: int) -> Iterator[Update]:
        """Yield the discriminator's update at half weight, then the generator's (section 3.3)."""
        source, target = batch
        fake, kl = self.translate(source)
        loss, logs = self.adversary.discriminator_loss(
            target, fake.detach(), step, condition=source
        )
        yield Update("discriminator", 0.5 * loss, logs)
        self.adversary.clip()
        losses = Losses()
        losses.add(
            "adversarial", self.adversary.generator_loss(fake, real=target, condition=source)
        )
        losses.add("l1", l1_loss(fake.float(), target), self.params.l1_weight)
        if kl is not None:
            losses.add("kl", kl, self.params.kl_weight)
        yield losses.update("generator")

    def translate(self, source: Tensor) -> tuple[Tensor, Tensor | None]:
        """Translate ``source``; also the latent's divergence where the generator has a latent."""
        if not isinstance(self.generator, Vae):
            return self.generator(source), None
        mean = self.generator.mean(source)
        return self.generator.decode(mean), mean_kl(mean)
