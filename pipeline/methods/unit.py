"""UNIT: two domains that share a latent space, from unaligned samples (Liu et al. 2017).

arXiv:1703.00848. Each domain has an autoencoder with a Gaussian latent; the blocks next to the
latent are one and the same for both, so what is alike in the domains gets the same code. To
translate is to encode by one and decode by the other. It is CycleGAN on variational autoencoders:
what comes back has passed the latent twice.
"""

from collections.abc import Iterator
from typing import Literal

from pydantic import NonNegativeFloat
from torch import Tensor, cat
from torch.nn.functional import l1_loss
from torch.optim import Optimizer

from pipeline.backbones.patch import PatchParams
from pipeline.backbones.vae import VaeParams
from pipeline.losses.adversarial import Adversarial
from pipeline.losses.divergence import mean_kl
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.runs import TranslatorRunParams
from pipeline.models.card import Pretrained
from pipeline.models.shared_latent import SharedLatent
from pipeline.samples import DatasetSpec, Unpaired


class UNITParams(TranslatorRunParams, AdversarialRunParams):
    """The paper's values by default, but for a discriminator that sees patches of 70 pixels.

    The paper weighs the adversarial loss 10, likelihoods 100 and divergences 0.1; here all are
    divided by ten, which Adam does not notice. The public code's weight decay is left out.
    """

    reads = Unpaired

    method: Literal["unit"]
    generator: VaeParams = VaeParams()
    discriminator: PatchParams = PatchParams(norm="none")
    loss: Adversarial = "nonsaturating"
    reconstruction_weight: NonNegativeFloat = 10.0
    """Weight of what a domain's own autoencoder loses: L1 a value."""
    kl_weight: NonNegativeFloat = 0.01
    """Weight of the latents' divergence from the prior, in nats a value."""
    cycle_weight: NonNegativeFloat = 10.0
    """Weight of what is lost on the way there and back."""
    cycle_kl_weight: NonNegativeFloat = 0.01
    """Weight of the divergence of translations' latents."""
    optimizer: OptimizerParams = AdamParams(lr=1e-4)
    discriminator_optimizer: OptimizerParams = AdamParams(lr=1e-4)

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> SharedLatent:
        """Build an encoder and a decoder for each domain, and the latent that they share."""
        specs = data.specs
        return SharedLatent(
            {name: self.generator.build_encoder(specs[name].channels) for name in self.domains},
            self.generator.build_latent(),
            {
                name: self.generator.build_decoder(specs[name].channels, specs[name].bounded)
                for name in self.domains
            },
            directions=self.both_directions,
        )

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "UNIT":
        """Build the autoencoders and a discriminator for each domain."""
        model = self.build_model(data)
        a, b = (
            self.build_patch_adversary(self.discriminator, data.specs[name].channels)
            for name in self.domains
        )
        return UNIT(self, model, a, b)


class UNIT(Method[Unpaired]):
    """See `UNITParams`."""

    params: UNITParams
    model: SharedLatent

    def __init__(
        self,
        params: UNITParams,
        model: SharedLatent,
        discriminator_a: Adversary,
        discriminator_b: Adversary,
    ) -> None:
        super().__init__(params, model)
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b
        self.source, self.target = params.domains

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``autoencoders`` (both, with what they share) and ``discriminators`` (both)."""
        return {
            "autoencoders": self.params.optimizer.build(self.model),
            "discriminators": self.params.discriminator_optimizer.build(
                self.discriminator_a, self.discriminator_b
            ),
        }

    def updates(self, batch: Unpaired, step: int) -> Iterator[Update]:
        """Yield the autoencoders' update, then the discriminators' on the same fakes."""
        a, b = batch
        mean_a, mean_b = self.model.mean(a, self.source), self.model.mean(b, self.target)
        (same_a, fake_a), (fake_b, same_b) = self.decode(mean_a, mean_b)
        again_a, again_b = (
            self.model.mean(fake_b, self.target),
            self.model.mean(fake_a, self.source),
        )
        cycled_a, cycled_b = (
            self.model.decode(again_a, self.source),
            self.model.decode(again_b, self.target),
        )
        losses, params = Losses(), self.params
        losses.add(
            "adversarial",
            self.discriminator_a.generator_loss(fake_a, real=a)
            + self.discriminator_b.generator_loss(fake_b, real=b),
        )
        reconstruction = l1_loss(same_a.float(), a) + l1_loss(same_b.float(), b)
        losses.add("reconstruction", reconstruction, params.reconstruction_weight)
        losses.add("kl", mean_kl(mean_a) + mean_kl(mean_b), params.kl_weight)
        cycle = l1_loss(cycled_a.float(), a) + l1_loss(cycled_b.float(), b)
        losses.add("cycle", cycle, params.cycle_weight)
        losses.add("cycle_kl", mean_kl(again_a) + mean_kl(again_b), params.cycle_kl_weight)
        yield losses.update("autoencoders")

        loss_a, logs_a = self.discriminator_a.discriminator_loss(a, fake_a.detach(), step, name="a")
        loss_b, logs_b = self.discriminator_b.discriminator_loss(b, fake_b.detach(), step, name="b")
        yield Update("discriminators", loss_a + loss_b, logs_a | logs_b)
        self.discriminator_a.clip()
        self.discriminator_b.clip()

    def decode(
        self, mean_a: Tensor, mean_b: Tensor
    ) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Decode the latents of a's and b's samples by either domain's decoder, first by a's.

        Both decode the same draw.
        """
        features = self.model.latent(cat([mean_a, mean_b]))
        in_a, in_b = (
            self.model.decoders[domain](features).chunk(2) for domain in (self.source, self.target)
        )
        return in_a, in_b
