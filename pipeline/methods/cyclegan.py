"""CycleGAN: two translators that undo each other, from unaligned domains (Zhu et al. 2017)."""

from collections.abc import Iterator
from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.optim import Optimizer

from pipeline.backbones import (
    LatentTranslationParams,
    PatchParams,
    ResnetParams,
    TwoWayGeneratorParams,
)
from pipeline.losses.adversarial import Adversarial
from pipeline.methods.adversary import Critic
from pipeline.methods.base import (
    AdamParams,
    LatentTranslationMethod,
    LatentTranslationRunParams,
    ScheduleParams,
    Update,
)
from pipeline.models.translators import GeneratorTranslator, LatentTranslator
from pipeline.nn.diffaugment import DiffAugment
from pipeline.nn.passes import one_pass, own_passes
from pipeline.nn.pool import SamplePool
from pipeline.samples import Batch, Pair, Spec


class CycleGANParams(LatentTranslationRunParams):
    """The paper's values by default: ResNet-9, PatchGAN of 70 pixels, least squares, pool of 50."""

    reads = "unaligned"

    method: Literal["cyclegan"]
    generator: TwoWayGeneratorParams = ResnetParams()
    """``vae`` is none of its kinds: generators that share a latent are a method, ``unit``."""
    discriminator: PatchParams = PatchParams(norm="instance")
    loss: Adversarial = "least_squares"
    cycle_weight: NonNegativeFloat = 10.0
    identity_weight: NonNegativeFloat = 5.0
    """Weight of |G(b) - b|: keeps colours from being inverted. Half the cycle's in the paper."""
    pool: NonNegativeInt = 50
    """Past fakes that the discriminators are also shown (Shrivastava et al. 2017)."""
    diffaugment: DiffAugment = ()
    """How samples are altered before the discriminators see them: for small sets."""
    optimizer: AdamParams = AdamParams()
    discriminator_optimizer: AdamParams = AdamParams()
    schedule: ScheduleParams = ScheduleParams(kind="linear")

    def build_model(
        self, specs: dict[str, Spec], classes: tuple[str, ...]
    ) -> GeneratorTranslator | LatentTranslator:
        """Two generators, one for each direction."""
        directions = {self.target: self.source, self.source: self.target}
        if isinstance(self.generator, LatentTranslationParams):
            return self.build_latent_translator(self.generator, specs, directions)
        generators = {
            to: self.generator.build(specs[of].channels, specs[to].channels, specs[to].bounded)
            for to, of in directions.items()
        }
        return GeneratorTranslator(generators, directions, mode="eval")

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "CycleGAN":
        """The generators and a discriminator for each domain."""
        return CycleGAN(
            self.build_model(specs, classes),
            self.build_critic(specs[self.source]),
            self.build_critic(specs[self.target]),
            source=self.source,
            target=self.target,
            cycle_weight=self.cycle_weight,
            # Identity needs a generator that can take its own target as input.
            identity_weight=self.identity_weight
            if specs[self.source].channels == specs[self.target].channels
            else 0.0,
            pool=self.pool,
            adam=self.optimizer,
            discriminator_adam=self.discriminator_optimizer,
            together=self.generator.norm != "batch",
        )

    def build_critic(self, spec: Spec) -> Critic:
        """A discriminator of one domain."""
        return Critic(
            self.discriminator.build(spec.channels),
            self.loss,
            together=self.discriminator.norm != "batch",
            diffaugment=self.diffaugment,
        )


class CycleGAN(LatentTranslationMethod):
    """See `CycleGANParams`; batches are unaligned `Pair`s."""

    def __init__(
        self,
        model: GeneratorTranslator | LatentTranslator,
        discriminator_a: Critic,
        discriminator_b: Critic,
        *,
        source: str,
        target: str,
        cycle_weight: float,
        identity_weight: float,
        pool: int,
        adam: AdamParams,
        discriminator_adam: AdamParams,
        together: bool,
    ) -> None:
        """``together``: generators treat each sample alone, so batches may share a pass."""
        super().__init__()
        self.model: GeneratorTranslator | LatentTranslator = model
        self.to_b, self.to_a = model.generator(target), model.generator(source)
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b
        self.pool_a, self.pool_b = SamplePool(pool), SamplePool(pool)
        self.cycle_weight = cycle_weight
        self.identity_weight = identity_weight
        self.adam, self.discriminator_adam = adam, discriminator_adam
        self.through = one_pass if together else own_passes

    def optimizers(self) -> dict[str, Optimizer]:
        """``generators`` (both) and ``discriminators`` (both)."""
        return {
            "generators": self.adam.build(self.to_a, self.to_b),
            "discriminators": self.discriminator_adam.build(
                self.discriminator_a, self.discriminator_b
            ),
        }

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """The generators' update, then the discriminators' on the same fakes."""
        assert isinstance(batch, Pair)
        a, b = batch
        fake_b, same_b = self.translate(self.to_b, a, b)
        fake_a, same_a = self.translate(self.to_a, b, a)
        cycle = l1_loss(self.to_a(fake_b).float(), a) + l1_loss(self.to_b(fake_a).float(), b)
        adversarial = self.discriminator_b.fool(fake_b) + self.discriminator_a.fool(fake_a)
        loss = adversarial + self.cycle_weight * cycle
        logs = {"adversarial": adversarial, "cycle": cycle}
        if same_a is not None and same_b is not None:
            identity = l1_loss(same_a.float(), a) + l1_loss(same_b.float(), b)
            loss = loss + self.identity_weight * identity
            logs["identity"] = identity
        yield Update("generators", loss, logs)

        loss_a, logs_a = self.discriminator_a.discriminate(a, self.pool_a(fake_a.detach()), "a")
        loss_b, logs_b = self.discriminator_b.discriminate(b, self.pool_b(fake_b.detach()), "b")
        # At half weight (section 4).
        yield Update("discriminators", 0.5 * loss_a + 0.5 * loss_b, logs_a | logs_b)

    def translate(
        self, generator: nn.Module, source: Tensor, target: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """The fake of ``source``, and ``target`` sent through for the identity loss."""
        if not self.identity_weight:
            return generator(source), None
        fake, same = self.through(generator, source, target)
        return fake, same
