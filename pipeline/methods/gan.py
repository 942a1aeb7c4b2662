"""GANs: a generator and a discriminator under any loss, penalty and regulariser.

Goodfellow et al. 2014. Networks, loss, penalty and conditioning are parts that are chosen apart:
DCGAN (Radford et al. 2016) by default; ``loss: wasserstein`` with ``penalty: {kind: gradient}``,
``discriminator_steps: 5`` and ``resnet`` networks is WGAN-GP (Gulrajani et al. 2017).
"""

import copy
from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import PositiveFloat
from torch import Tensor, nn
from torch.optim import Optimizer

from pipeline.backbones import DecoderParams, EncoderParams
from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.block import Block, Count, Width
from pipeline.losses.adversarial import Adversarial
from pipeline.losses.penalty import off_diagonal_penalty
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversary, Outputs
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.models.card import Pretrained
from pipeline.models.gan import GANModel
from pipeline.nn.conditioning import OneHotInput, OneHotPlanes
from pipeline.samples import DatasetSpec, Labelled


class OrthogonalParams(Block):
    """Presses the generator's filters apart, whatever their lengths (BigGAN)."""

    kind: Literal["orthogonal"] = "orthogonal"
    weight: PositiveFloat = 1e-4


class GANParams(GenerativeRunParams, AdversarialRunParams):
    """DCGAN's values by default."""

    method: Literal["gan"]
    latent: Width = 100
    conditional: bool = False
    """Tell generator and discriminator the class, which can be asked for when sampling then."""
    generator: DecoderParams = ConvDecoderParams()
    discriminator: EncoderParams = ConvEncoderParams()
    loss: Adversarial = "nonsaturating"
    regulariser: OrthogonalParams | None = None
    """Of the generator's weights."""
    discriminator_steps: Count = 1
    """Steps of the discriminator before each of the generator's, each on samples of its own."""
    optimizer: OptimizerParams = AdamParams()
    discriminator_optimizer: OptimizerParams = AdamParams()

    @property
    def batches_per_step(self) -> int:
        """One for each of the discriminator's steps."""
        return self.discriminator_steps

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
        network: nn.Module = self.generator.build(self.latent + classes, spec)
        if classes:
            network = OneHotInput(network, classes)
        return GANModel(network, latent=self.latent, classes=classes)

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "GAN":
        """Build the generator and its discriminator."""
        return GAN(self, self.build_model(data), self.build_discriminator(data))

    def build_discriminator(self, data: DatasetSpec) -> Adversary:
        """Build the discriminator, which is told the classes where there are any."""
        spec, classes = data.spec(self.domains), self.classes(data)
        shown = spec.model_copy(update={"channels": spec.channels + classes})
        network: nn.Module = self.discriminator.build(shown, 1)
        if classes:
            network = OneHotPlanes(network, classes)
        # Real and fake go through apart: batch norm's statistics must not mix them (DCGAN).
        return self.build_adversary(network, joint=False)


class GAN(Method[Labelled]):
    """See `GANParams`."""

    params: GANParams
    model: GANModel

    def __init__(self, params: GANParams, model: GANModel, adversary: Adversary) -> None:
        super().__init__(params, model)
        self.adversary = adversary

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generator`` and ``discriminator``."""
        return {
            "generator": self.params.optimizer.build(self.model),
            "discriminator": self.params.discriminator_optimizer.build(self.adversary),
        }

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield the discriminator's updates, then the generator's on the last fakes."""
        count = self.params.discriminator_steps
        for x, y in zip(batch.x.chunk(count), batch.y.chunk(count), strict=True):
            labels = y if self.model.classes else None
            z = self.model.draw(len(x), device=x.device)  # a copy there would wait for it
            fake = self.model.decode(z, labels)
            yield Update(
                "discriminator",
                *self.adversary.discriminator_loss(x, fake.detach(), step, labels=labels),
            )
            self.adversary.clip()
        losses = Losses()
        losses.add("adversarial", self.adversary.generator_loss(fake, real=x, labels=labels))
        if self.params.regulariser is not None:
            losses.add("orthogonal", self.orthogonality(), self.params.regulariser.weight)
        yield losses.update("generator")

    def logits(self, x: Tensor) -> Tensor | None:
        """Show samples to a copy of the discriminator; None where it asks for classes, too."""
        if self.model.classes:
            return None
        seen: Outputs = copy.deepcopy(self.adversary).eval()(x)
        return seen.logits[0].flatten()

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
