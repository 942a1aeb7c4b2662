"""UNIT: two domains that share a latent space, from unaligned samples (Liu et al. 2017).

arXiv:1703.00848. Each domain has an autoencoder with a Gaussian latent; the blocks next to the
latent are one and the same for both, so what is alike in the domains gets the same code. To
translate is to encode by one and decode by the other. It is CycleGAN on variational autoencoders:
what comes back has passed the latent twice.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import NonNegativeFloat
from torch import Tensor, cat, nn
from torch.nn.functional import l1_loss
from torch.optim import Optimizer

from pipeline.backbones.patch import PatchParams
from pipeline.backbones.vae import GaussianLatent, VaeEncoder, VaeParams
from pipeline.capabilities import Translator
from pipeline.losses.adversarial import Adversarial
from pipeline.losses.divergence import mean_kl
from pipeline.methods.adversary import Critic
from pipeline.methods.base import AdamParams, Method, TranslatorRunParams, Update
from pipeline.nn.diffaugment import DiffAugment
from pipeline.samples import Batch, Pair, Spec


class UNITParams(TranslatorRunParams):
    """The paper's values by default, but for a discriminator that sees patches of 70 pixels.

    The paper weighs the adversarial loss 10, likelihoods 100 and divergences 0.1; here all are
    divided by ten, which Adam does not notice. The public code's weight decay is left out.
    """

    reads = "unaligned"

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
    diffaugment: DiffAugment = ()
    """How samples are altered before the discriminators see them: for small sets."""
    optimizer: AdamParams = AdamParams(rate=1e-4)
    discriminator_optimizer: AdamParams = AdamParams(rate=1e-4)

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "SharedLatent":
        """An encoder and a decoder for each domain, and the latent that they share."""
        return SharedLatent(
            {name: self.generator.build_encoder(specs[name].channels) for name in self.domains},
            self.generator.build_latent(),
            {
                name: self.generator.build_decoder(specs[name].channels, specs[name].bounded)
                for name in self.domains
            },
            directions={self.target: self.source, self.source: self.target},
        )

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "UNIT":
        """The autoencoders and a discriminator for each domain."""
        return UNIT(
            self.build_model(specs, classes),
            self.build_critic(specs[self.source]),
            self.build_critic(specs[self.target]),
            source=self.source,
            target=self.target,
            reconstruction_weight=self.reconstruction_weight,
            kl_weight=self.kl_weight,
            cycle_weight=self.cycle_weight,
            cycle_kl_weight=self.cycle_kl_weight,
            adam=self.optimizer,
            discriminator_adam=self.discriminator_optimizer,
        )

    def build_critic(self, spec: Spec) -> Critic:
        """A discriminator of one domain."""
        return Critic(
            self.discriminator.build(spec.channels),
            self.loss,
            together=self.discriminator.norm != "batch",
            diffaugment=self.diffaugment,
        )


class SharedLatent(nn.Module, Translator):
    """Autoencoders of several domains around one latent."""

    multiple = VaeEncoder.multiple

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        latent: GaussianLatent,
        decoders: Mapping[str, nn.Module],
        directions: dict[str, str],
    ) -> None:
        """``encoders`` and ``decoders``: by domain. ``directions``: target -> source."""
        super().__init__()
        self.encoders, self.decoders = nn.ModuleDict(encoders), nn.ModuleDict(decoders)
        self.latent = latent
        self.directions = directions

    def mean(self, x: Tensor, of: str) -> Tensor:
        """Samples [N, C, H, W] of a domain -> means of their posteriors, in float32."""
        return self.latent.mean(self.encoders[of](x))

    def decode(self, mean: Tensor, to: str) -> Tensor:
        """Means -> samples [N, C, H, W] of a domain; from a draw in training."""
        y: Tensor = self.decoders[to](self.latent(mean))
        return y

    def translate(self, x: Tensor, to: str) -> Tensor:
        """Samples [N, C, H, W] of ``directions[to]`` -> samples of ``to``, by posteriors' means."""
        of = self.directions[to]
        self.eval()
        return self.decode(self.mean(x, of), to)


class UNIT(Method):
    """See `UNITParams`; batches are unaligned `Pair`s."""

    def __init__(
        self,
        model: SharedLatent,
        discriminator_a: Critic,
        discriminator_b: Critic,
        *,
        source: str,
        target: str,
        reconstruction_weight: float,
        kl_weight: float,
        cycle_weight: float,
        cycle_kl_weight: float,
        adam: AdamParams,
        discriminator_adam: AdamParams,
    ) -> None:
        super().__init__()
        self.model: SharedLatent = model
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b
        self.source, self.target = source, target
        self.reconstruction_weight, self.kl_weight = reconstruction_weight, kl_weight
        self.cycle_weight, self.cycle_kl_weight = cycle_weight, cycle_kl_weight
        self.adam, self.discriminator_adam = adam, discriminator_adam

    def optimizers(self) -> dict[str, Optimizer]:
        """``autoencoders`` (both, with what they share) and ``discriminators`` (both)."""
        return {
            "autoencoders": self.adam.build(self.model),
            "discriminators": self.discriminator_adam.build(
                self.discriminator_a, self.discriminator_b
            ),
        }

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """The autoencoders' update, then the discriminators' on the same fakes."""
        assert isinstance(batch, Pair)
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
        logs = {
            "adversarial": self.discriminator_a.fool(fake_a) + self.discriminator_b.fool(fake_b),
            "reconstruction": l1_loss(same_a.float(), a) + l1_loss(same_b.float(), b),
            "kl": mean_kl(mean_a) + mean_kl(mean_b),
            "cycle": l1_loss(cycled_a.float(), a) + l1_loss(cycled_b.float(), b),
            "cycle_kl": mean_kl(again_a) + mean_kl(again_b),
        }
        yield Update("autoencoders", self.weigh(logs), logs)

        loss_a, logs_a = self.discriminator_a.discriminate(a, fake_a.detach(), "a")
        loss_b, logs_b = self.discriminator_b.discriminate(b, fake_b.detach(), "b")
        yield Update("discriminators", loss_a + loss_b, logs_a | logs_b)

    def decode(
        self, mean_a: Tensor, mean_b: Tensor
    ) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """What either domain's decoder, first a's, makes of the latents of a's and b's samples.

        Both decode the same draw.
        """
        features = self.model.latent(cat([mean_a, mean_b]))
        in_a, in_b = (
            self.model.decoders[domain](features).chunk(2) for domain in (self.source, self.target)
        )
        return in_a, in_b

    def weigh(self, logs: dict[str, Tensor]) -> Tensor:
        """The weighted sum of the autoencoders' losses."""
        return (
            logs["adversarial"]
            + self.reconstruction_weight * logs["reconstruction"]
            + self.kl_weight * logs["kl"]
            + self.cycle_weight * logs["cycle"]
            + self.cycle_kl_weight * logs["cycle_kl"]
        )
