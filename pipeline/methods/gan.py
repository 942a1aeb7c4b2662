"""Unconditional GANs over the convolutional pair (Goodfellow et al. 2014; DCGAN, Radford 2016)."""

from collections.abc import Iterator
from typing import Literal

from pydantic import PositiveInt
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.capabilities import LatentSampler
from pipeline.losses.adversarial import Adversarial
from pipeline.methods.adversary import Critic
from pipeline.methods.base import AdamParams, GenerativeRunParams, Method, Update
from pipeline.nn.diffaugment import DiffAugment
from pipeline.samples import Batch, Labelled, Spec


class GANParams(GenerativeRunParams):
    """DCGAN's values by default."""

    method: Literal["gan"]
    latent: PositiveInt = 100
    generator: ConvDecoderParams = ConvDecoderParams()
    discriminator: ConvEncoderParams = ConvEncoderParams()
    loss: Adversarial = "nonsaturating"
    diffaugment: DiffAugment = ()
    """How samples are altered before the discriminator sees them: for small sets."""
    optimizer: AdamParams = AdamParams()

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "GANModel":
        """The generator."""
        return GANModel(self.generator.build(self.latent, specs[self.domain]), latent=self.latent)

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "GAN":
        """The generator and its discriminator."""
        return GAN(
            self.build_model(specs, classes),
            # Real and fake go through apart: batch norm's statistics must not mix them (DCGAN).
            Critic(
                self.discriminator.build(specs[self.domain], 1),
                self.loss,
                together=False,
                diffaugment=self.diffaugment,
            ),
            adam=self.optimizer,
        )


class GANModel(nn.Module, LatentSampler):
    """Generator [N, Z] -> samples [N, C, H, W]."""

    def __init__(self, generator: nn.Module, *, latent: int) -> None:
        super().__init__()
        self.generator = generator
        self.latent = latent
        self.classes = 0

    def sample(
        self,
        n: int,
        generator: Generator | None = None,
        condition: Tensor | None = None,
        truncation: float = 1.0,
    ) -> Tensor:
        """Samples of normal draws."""
        return self.decode(self.draw(n, generator, truncation).to(next(self.parameters()).device))

    def decode(self, z: Tensor) -> Tensor:
        """Draws [N, Z] -> samples [N, C, H, W]."""
        y: Tensor = self.generator(z)
        return y


class GAN(Method):
    """See `GANParams`; batches are `Labelled`, whose labels it ignores."""

    def __init__(
        self,
        model: GANModel,
        discriminator: Critic,
        *,
        adam: AdamParams,
    ) -> None:
        super().__init__()
        self.model: GANModel = model
        self.discriminator = discriminator
        self.adam = adam

    def optimizers(self) -> dict[str, Optimizer]:
        """``generator`` and ``discriminator``."""
        return {
            "generator": self.adam.build(self.model),
            "discriminator": self.adam.build(self.discriminator),
        }

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """The discriminator's update, then the generator's on the same fakes."""
        assert isinstance(batch, Labelled)
        fake = self.model.sample(len(batch.x))
        yield Update("discriminator", *self.discriminator.discriminate(batch.x, fake.detach()))
        adversarial = self.discriminator.fool(fake)
        yield Update("generator", adversarial, {"adversarial": adversarial})
