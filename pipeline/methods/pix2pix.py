"""pix2pix: conditional GAN with L1, from aligned pairs (Isola et al. 2017)."""

from collections.abc import Iterator
from typing import Literal

from pydantic import NonNegativeFloat
from torch import Tensor, cat, nn
from torch.nn.functional import l1_loss
from torch.optim import Optimizer

from pipeline.backbones import (
    LatentTranslationParams,
    OneWayGeneratorParams,
    PatchParams,
    UnetParams,
)
from pipeline.backbones.vae import Vae
from pipeline.losses.adversarial import Adversarial, discriminator_loss, generator_loss, verdict
from pipeline.losses.divergence import mean_kl
from pipeline.methods.base import (
    AdamParams,
    LatentTranslationMethod,
    LatentTranslationRunParams,
    Update,
)
from pipeline.models.translators import GeneratorTranslator, LatentTranslator
from pipeline.nn.diffaugment import DiffAugment, diff_augment
from pipeline.samples import Batch, Pair, Spec


class Pix2PixParams(LatentTranslationRunParams):
    """The paper's values by default: U-Net, PatchGAN of 70 pixels, cross-entropy, 100 x L1."""

    reads = "aligned"

    method: Literal["pix2pix"]
    generator: OneWayGeneratorParams = UnetParams()
    discriminator: PatchParams = PatchParams()
    loss: Adversarial = "nonsaturating"
    l1_weight: NonNegativeFloat = 100.0
    kl_weight: NonNegativeFloat = 0.1
    """Weight of the latent's divergence from the prior in nats a value, where the generator has a
    latent. UNIT's at an L1 of this weight (Liu et al. 2017, section 4)."""
    diffaugment: DiffAugment = ()
    """How pairs are altered before the discriminator sees them: for small sets."""
    optimizer: AdamParams = AdamParams()
    inference: Literal["train", "eval"] = "train"
    """``train`` keeps dropout and batch statistics on when translating, as the published models
    do, and draws from a latent; ``eval`` gives the same output each time."""

    def build_model(
        self, specs: dict[str, Spec], classes: tuple[str, ...]
    ) -> GeneratorTranslator | LatentTranslator:
        """One generator, source to target."""
        directions = {self.target: self.source}
        if isinstance(self.generator, LatentTranslationParams):
            return self.build_latent_translator(self.generator, specs, directions)
        source, target = specs[self.source], specs[self.target]
        generator = self.generator.build(source.channels, target.channels, target.bounded)
        return GeneratorTranslator({self.target: generator}, directions, mode=self.inference)

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "Pix2Pix":
        """The generator and a discriminator on source and target together."""
        channels = specs[self.source].channels + specs[self.target].channels
        return Pix2Pix(
            self.build_model(specs, classes),
            self.discriminator.build(channels),
            target=self.target,
            loss=self.loss,
            l1_weight=self.l1_weight,
            kl_weight=self.kl_weight,
            diffaugment=self.diffaugment,
            adam=self.optimizer,
        )


class Pix2Pix(LatentTranslationMethod):
    """See `Pix2PixParams`; batches are aligned `Pair`s."""

    def __init__(
        self,
        model: GeneratorTranslator | LatentTranslator,
        discriminator: nn.Module,
        *,
        target: str,
        loss: Adversarial,
        l1_weight: float,
        kl_weight: float,
        diffaugment: DiffAugment,
        adam: AdamParams,
    ) -> None:
        super().__init__()
        self.model: GeneratorTranslator | LatentTranslator = model
        self.discriminator = discriminator
        self.generator = model.generator(target)
        self.loss: Adversarial = loss
        self.l1_weight, self.kl_weight = l1_weight, kl_weight
        self.diffaugment: DiffAugment = diffaugment
        self.adam = adam

    def optimizers(self) -> dict[str, Optimizer]:
        """``generator`` and ``discriminator``."""
        return {
            "generator": self.adam.build(self.generator),
            "discriminator": self.adam.build(self.discriminator),
        }

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """The discriminator's update at half weight, then the generator's (section 3.3)."""
        assert isinstance(batch, Pair)
        fake, kl = self.translate(batch.a)
        real_logits = self.logits(batch.a, batch.b)
        fake_logits = self.logits(batch.a, fake.detach())
        yield Update(
            "discriminator",
            0.5 * discriminator_loss(self.loss, real_logits, fake_logits),
            verdict(self.loss, real_logits, fake_logits),
        )
        adversarial = generator_loss(self.loss, self.logits(batch.a, fake))
        l1 = l1_loss(fake.float(), batch.b)
        loss = adversarial + self.l1_weight * l1
        logs = {"adversarial": adversarial, "l1": l1}
        if kl is not None:
            loss = loss + self.kl_weight * kl
            logs["kl"] = kl
        yield Update("generator", loss, logs)

    def translate(self, source: Tensor) -> tuple[Tensor, Tensor | None]:
        """The fake of ``source``, and its latent's divergence where the generator has a latent."""
        if not isinstance(self.generator, Vae):
            return self.generator(source), None
        mean = self.generator.mean(source)
        return self.generator.decode(mean), mean_kl(mean)

    def logits(self, source: Tensor, target: Tensor) -> Tensor:
        """float32 logits of patches of a source and what claims to be its counterpart."""
        shown = diff_augment(self.diffaugment, source, target)
        logits: Tensor = self.discriminator(cat(shown, dim=1))
        return logits.float()
