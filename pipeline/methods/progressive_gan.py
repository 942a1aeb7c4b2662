"""Progressive growing of GANs: both networks start at 4 pixels and double (Karras et al. 2018).

Each size is learnt for some steps; then the next one fades in on both sides, alpha from 0 to 1.
How far the networks have grown is a function of the step alone. By default the loss is WGAN-GP's
with a drift term (appendix A.1):

    D(fake) - D(real) + 10 (|gradient| - 1)^2 + 0.001 D(real)^2

Known to differ from the published code: Adam keeps its moments when a size comes in, where that
code resets them; the standard deviation in the discriminator is of the whole batch, as in the
paper, where that code has groups of four.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

import torch
from pydantic import Field, NonNegativeFloat, model_validator
from torch import Tensor
from torch.optim import Optimizer

from pipeline.backbones.convolutional import halvings
from pipeline.backbones.progressive import Growth, shown_at
from pipeline.backbones.progressive_discriminator import (
    ProgressiveDiscriminator,
    ProgressiveDiscriminatorParams,
)
from pipeline.backbones.progressive_generator import (
    ProgressiveGenerator,
    ProgressiveGeneratorParams,
)
from pipeline.block import Block, Count, Step, Steps, Width
from pipeline.losses.adversarial import Adversarial
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.discriminator_outputs import Outputs
from pipeline.methods.optimisers import AdamParams, EMAParams, OptimizerParams
from pipeline.methods.penalties import GradientPenaltyParams, PenaltyParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.models.card import Pretrained
from pipeline.models.gan import GANModel
from pipeline.samples import DatasetSpec, Labelled

MOST = 17  # sizes: 16 doublings of the smallest


class GrowthParams(Block):
    """The steps of each size; what is left of a run, the last size has."""

    start: int = Field(0, ge=0, le=16)
    """Doublings that networks begin with. 0: 4 rows or columns, whichever are fewer (up to 7 where
    samples do not halve to 4)."""
    stabilise: Steps | Annotated[tuple[Steps, ...], Field(max_length=MOST)] = 500
    """Steps of each size below the last, one number for all or one for each."""
    fade: Step | Annotated[tuple[Step, ...], Field(max_length=MOST)] = 500
    """Steps in which each further size fades in, one number for all or one for each."""
    batches: tuple[Count, ...] = Field((), max_length=MOST)
    """Samples a step of each size from the first on, of those that are read; none: all."""

    def phases(self, levels: int) -> list[tuple[int, int]]:
        """List the steps before each doubling, and those in which it fades in.

        Raises ValueError where there are not as many numbers as doublings.
        """
        count = levels - self.start
        found = []
        for key, value in (("stabilise", self.stabilise), ("fade", self.fade)):
            steps = (value,) * count if isinstance(value, int) else value
            if len(steps) != count:
                raise ValueError(
                    f"growth.{key}: found {len(steps)} numbers, allowed: one, or one for each of "
                    f"{count} doublings"
                )
            found.append(steps)
        return list(zip(*found, strict=True))

    def at(self, step: int, levels: int) -> Growth:
        """Return how far networks have grown at a step, alpha = 0 at the first of a fade."""
        for level, (stabilise, fade) in enumerate(self.phases(levels), self.start):
            if step < stabilise:
                return Growth(level)
            step -= stabilise
            if step < fade:
                return Growth(level + 1, step, fade)
            step -= fade
        return Growth(levels)

    def beginnings(self, levels: int) -> list[int]:
        """List the steps at which the levels from ``start`` on come in."""
        found, step = [0], 0
        for stabilise, fade in self.phases(levels):
            found.append(step + stabilise)
            step += stabilise + fade
        return found

    def end(self, levels: int) -> int:
        """Return the step at which networks are full-grown."""
        return sum(stabilise + fade for stabilise, fade in self.phases(levels))


class ProgressiveGANParams(GenerativeRunParams, AdversarialRunParams):
    """The paper's values by default, save for the lengths of the phases."""

    method: Literal["progressive_gan"]
    latent: Width = 512
    generator: ProgressiveGeneratorParams = ProgressiveGeneratorParams()
    discriminator: ProgressiveDiscriminatorParams = ProgressiveDiscriminatorParams()
    growth: GrowthParams = GrowthParams()
    loss: Adversarial = "wasserstein"
    penalty: PenaltyParams = GradientPenaltyParams()
    drift: NonNegativeFloat = 1e-3
    """Weight of the mean square of the discriminator's logits of real samples, which keeps them
    near 0."""
    discriminator_steps: Count = 1
    """Steps of the discriminator before each of the generator's, each on samples of its own."""
    optimizer: OptimizerParams = AdamParams(lr=1e-3, beta1=0.0, beta2=0.99)
    discriminator_optimizer: OptimizerParams = AdamParams(lr=1e-3, beta1=0.0, beta2=0.99)
    ema: EMAParams | None = EMAParams(decay=0.999)

    @property
    def batches_per_step(self) -> int:
        """One for each of the discriminator's steps."""
        return self.discriminator_steps

    @model_validator(mode="after")
    def _reads_enough(self) -> Self:
        if max(self.growth.batches, default=0) > self.batch:
            raise ValueError(
                f"growth.batches: found {max(self.growth.batches)}, allowed: at most the batch of "
                f"{self.batch} that is read"
            )
        return self

    def check_phases(self, levels: int) -> None:
        """Raise ValueError where the run ends before networks that double so often are grown."""
        if self.growth.start > levels:
            raise ValueError(
                f"growth.start: found {self.growth.start}, allowed: at most the {levels} "
                "doublings of such samples"
            )
        sizes = levels - self.growth.start + 1
        if self.growth.batches and len(self.growth.batches) != sizes:
            raise ValueError(
                f"growth.batches: found {len(self.growth.batches)} numbers, allowed: none, or one "
                f"for each of {sizes} sizes"
            )
        if (end := self.growth.end(levels)) >= self.steps:
            raise ValueError(
                f"growth: its phases take {end} steps, allowed: fewer than the run's {self.steps}, "
                "or the last size would never be learnt"
            )

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> GANModel:
        """Build the generator, full-grown until a method says otherwise."""
        spec = data.spec(self.domains)
        self.check_phases(halvings(spec)[0])
        network = self.generator.build(self.latent, spec, self.growth.start)
        return GANModel(network, latent=self.latent)

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "ProgressiveGAN":
        """Build the generator and its discriminator.

        Raises ValueError where samples do not halve, or the phases do not fit the sizes or steps.
        """
        model = self.build_model(data)
        network = self.discriminator.build(data.spec(self.domains), self.growth.start)
        # The standard deviation over the batch tells real from fake.
        adversary = self.build_adversary(network, joint=False, kind=DriftingAdversary)
        assert isinstance(adversary, DriftingAdversary)
        adversary.drift = self.drift
        return ProgressiveGAN(self, model, adversary)


class DriftingAdversary(Adversary):
    """A discriminator whose logits of real samples are drawn to 0 (appendix A.1)."""

    drift: float = 0.0
    """Weight of their mean square."""

    def discriminator_loss_of(
        self, real: Outputs, fake: Outputs, name: str = ""
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Compute the discriminators' loss from their outputs, with the drift term."""
        loss, logs = super().discriminator_loss_of(real, fake, name)
        if not self.drift:
            return loss, logs
        drift = torch.stack([logits.square().mean() for logits in real.logits]).mean()
        return loss + self.drift * drift, {**logs, "drift": drift}


class ProgressiveGAN(Method[Labelled]):
    """See `ProgressiveGANParams`; labels are ignored."""

    params: ProgressiveGANParams
    model: GANModel

    def __init__(self, params: ProgressiveGANParams, model: GANModel, adversary: Adversary) -> None:
        super().__init__(params, model)
        self.adversary = adversary

    @property
    def generator(self) -> ProgressiveGenerator:
        """The model's network."""
        assert isinstance(self.model.generator, ProgressiveGenerator)
        return self.model.generator

    @property
    def discriminator(self) -> ProgressiveDiscriminator:
        """The adversary's network."""
        assert isinstance(self.adversary.network, ProgressiveDiscriminator)
        return self.adversary.network

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generator`` and ``discriminator``, of all levels from the start.

        Layers of levels that are not there yet, or not any more, get no gradient and stay.
        """
        return {
            "generator": self.params.optimizer.build(self.model),
            "discriminator": self.params.discriminator_optimizer.build(self.adversary),
        }

    def beginnings(self) -> dict[str, int]:
        """Return the step at which each weight of a later level begins to learn, by name."""
        network, first = self.generator, self.params.growth.start
        found: dict[str, int] = {}
        steps = self.params.growth.beginnings(network.levels)
        for level, step in enumerate(steps[1:], first + 1):
            layers = {f"blocks.{level - 1}": network.blocks[level - 1]}
            layers[f"heads.{level - first}"] = network.head(level)
            for place, layer in layers.items():
                found |= {f"generator.{place}.{name}": step for name in layer.state_dict()}
        return found

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield the discriminator's updates, then the generator's on the last fakes."""
        levels = self.generator.levels
        growth = self.params.growth.at(step, levels)
        self.generator.grow(growth)
        self.discriminator.grow(growth)
        for read in batch.x.chunk(self.params.discriminator_steps):
            x = shown_at(read[: self.share(len(read), growth)], growth, levels)
            z = self.model.draw(len(x), device=x.device)
            fake = self.generator.at_level(z)
            yield Update(
                "discriminator", *self.adversary.discriminator_loss(x, fake.detach(), step)
            )
            self.adversary.clip()
        losses = Losses()
        losses.add("adversarial", self.adversary.generator_loss(fake, real=x))
        yield losses.update("generator")

    def share(self, read: int, growth: Growth) -> int:
        """Count how many of the samples that were ``read`` are used at a size, one or more."""
        counts = self.params.growth.batches
        if not counts:
            return read
        return max(1, read * counts[growth.level - self.params.growth.start] // self.params.batch)
