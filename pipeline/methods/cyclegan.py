"""CycleGAN: two translators that undo each other, from unaligned domains (Zhu et al. 2017)."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, NonNegativeFloat
from torch import Tensor, nn
from torch.nn.functional import l1_loss
from torch.optim import Optimizer

from pipeline.backbones import PatchParams, ResnetParams, TwoWayGeneratorParams
from pipeline.backbones.latent import LatentTranslationParams
from pipeline.losses.adversarial import Adversarial
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.latent_translation import LatentTranslationRunParams, Translators
from pipeline.methods.optimisers import AdamParams, OptimizerParams, ScheduleParams
from pipeline.models.card import Pretrained
from pipeline.models.translators import GeneratorTranslator
from pipeline.nn.passes import one_pass, own_passes
from pipeline.nn.pool import SamplePool
from pipeline.samples import DatasetSpec, Unpaired


class CycleGANParams(LatentTranslationRunParams, AdversarialRunParams):
    """The paper's values by default: ResNet-9, PatchGAN of 70 pixels, least squares, pool of 50."""

    reads = Unpaired

    method: Literal["cyclegan"]
    generator: TwoWayGeneratorParams = ResnetParams()
    """``vae`` is none of its kinds: generators that share a latent are a method, ``unit``."""
    discriminator: PatchParams = PatchParams(norm="instance")
    loss: Adversarial = "least_squares"
    cycle_weight: NonNegativeFloat = 10.0
    identity_weight: NonNegativeFloat = 5.0
    """Weight of |G(b) - b|: keeps colours from being inverted. Half the cycle's in the paper."""
    pool: int = Field(50, ge=0, le=2**20)
    """Past fakes that the discriminators are also shown (Shrivastava et al. 2017)."""
    optimizer: OptimizerParams = AdamParams()
    discriminator_optimizer: OptimizerParams = AdamParams()
    schedule: ScheduleParams = ScheduleParams(kind="linear")

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> Translators:
        """Build two generators, one for each direction."""
        directions, specs = self.both_directions, data.specs
        if isinstance(self.generator, LatentTranslationParams):
            return self.build_latent_translator(self.generator, data, directions, pretrained)
        generators = {
            to: self.generator.build(specs[of].channels, specs[to].channels, specs[to].bounded)
            for to, (of,) in directions.items()
        }
        return GeneratorTranslator(generators, directions, mode="eval")

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "CycleGAN":
        """Build the generators and a discriminator for each domain."""
        model = self.build_model(data, pretrained)
        a, b = (
            self.build_patch_adversary(self.discriminator, data.specs[name].channels)
            for name in self.domains
        )
        return CycleGAN(self, model, a, b, data)


class CycleGAN(Method[Unpaired]):
    """See `CycleGANParams`."""

    params: CycleGANParams
    model: Translators

    def __init__(
        self,
        params: CycleGANParams,
        model: Translators,
        discriminator_a: Adversary,
        discriminator_b: Adversary,
        data: DatasetSpec,
    ) -> None:
        super().__init__(params, model)
        self.to_b, self.to_a = model.generator(params.target), model.generator(params.source)
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b
        self.pool_a, self.pool_b = SamplePool(params.pool), SamplePool(params.pool)
        # Identity needs a generator that can take its own target as input.
        same = data.specs[params.source].channels == data.specs[params.target].channels
        self.identity_weight = params.identity_weight if same else 0.0
        # Generators that treat each sample alone take two batches in one pass.
        self.through = one_pass if params.generator.norm != "batch" else own_passes

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generators`` (both) and ``discriminators`` (both)."""
        return {
            "generators": self.params.optimizer.build(self.to_a, self.to_b),
            "discriminators": self.params.discriminator_optimizer.build(
                self.discriminator_a, self.discriminator_b
            ),
        }

    def updates(self, batch: Unpaired, step: int) -> Iterator[Update]:
        """Yield the generators' update, then the discriminators' on the same fakes."""
        a, b = batch
        fake_b, same_b = self.translate(self.to_b, a, b)
        fake_a, same_a = self.translate(self.to_a, b, a)
        cycle = l1_loss(self.to_a(fake_b).float(), a) + l1_loss(self.to_b(fake_a).float(), b)
        losses = Losses()
        losses.add(
            "adversarial",
            self.discriminator_b.generator_loss(fake_b, real=b)
            + self.discriminator_a.generator_loss(fake_a, real=a),
        )
        losses.add("cycle", cycle, self.params.cycle_weight)
        if same_a is not None and same_b is not None:
            identity = l1_loss(same_a.float(), a) + l1_loss(same_b.float(), b)
            losses.add("identity", identity, self.identity_weight)
        yield losses.update("generators")

        loss_a, logs_a = self.discriminator_a.discriminator_loss(
            a, self.pool_a(fake_a.detach()), step, name="a"
        )
        loss_b, logs_b = self.discriminator_b.discriminator_loss(
            b, self.pool_b(fake_b.detach()), step, name="b"
        )
        # At half weight (section 4).
        yield Update("discriminators", 0.5 * loss_a + 0.5 * loss_b, logs_a | logs_b)
        self.discriminator_a.clip()
        self.discriminator_b.clip()

    def translate(
        self, generator: nn.Module, source: Tensor, target: Tensor
    ) -> tuple[Tensor, Tensor | None]:
        """Translate ``source``, and send ``target`` through for the identity loss if it counts."""
        if not self.identity_weight:
            return generator(source), None
        fake, same = self.through(generator, source, target)
        return fake, same
