"""The variational discriminator bottleneck: a discriminator that may know so much and no more.

Peng et al. 2019 (VDB). It decides by codes E(x) = N(mean, variance), whose divergence from N(0, 1)
is held at I_c: the less a code says, the more real and fake ones overlap, and the generator has a
gradient to follow where their samples do not overlap at all.
"""

from collections.abc import Sequence
from typing import Any

import torch
from pydantic import NonNegativeFloat, PositiveFloat
from torch import Tensor

from pipeline.block import Block, Width
from pipeline.losses.adversarial import Adversarial
from pipeline.losses.divergence import gaussian_kl
from pipeline.methods.adversary import Adversary
from pipeline.methods.discriminator_outputs import Outputs, mean_of
from pipeline.nn.bottleneck import Bottleneck
from pipeline.system.distributed import all_reduce_mean, synced


class BottleneckParams(Block):
    """The code that the discriminator decides by, and what it may say."""

    width: Width = 128
    """Numbers of the code."""
    information: PositiveFloat = 0.1
    """I_c, in nats a sample."""
    beta: NonNegativeFloat = 0.0
    """Weight of the divergence at first."""
    dual_lr: PositiveFloat = 1e-5
    """Step size by which that follows the divergence (dual ascent)."""


class BottleneckAdversary(Adversary):
    """An adversary whose network is a `Bottleneck`; beta is a buffer, and resumed with it."""

    network: Bottleneck
    beta: Tensor

    def __init__(
        self, network: Bottleneck, loss: Adversarial, bottleneck: BottleneckParams, **parts: Any
    ) -> None:
        """Take what `Adversary` takes, and the bounds of the code."""
        super().__init__(network, loss, **parts)
        self.bottleneck = bottleneck
        self.register_buffer("beta", torch.tensor(bottleneck.beta))

    def discriminator_loss_of(
        self, real: Outputs, fake: Outputs, name: str = ""
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Add beta (KL - I_c) to the loss, the KL averaged over real samples and fakes.

        Peng et al. 2019, eq. 9.
        """
        loss, logs = super().discriminator_loss_of(real, fake, name)
        kl = 0.5 * (divergence(real) + divergence(fake))
        beta = self.beta.clone()  # which `observe` moves before the loss's gradient is taken
        ending = f"_{name}" if name else ""
        logs |= {f"divergence{ending}": kl, f"beta{ending}": beta}
        return loss + beta * (kl - self.bottleneck.information), logs

    @torch.no_grad()
    def observe(
        self, real: Outputs, fakes: Sequence[Outputs], count: int, step: int
    ) -> dict[str, Tensor]:
        """Move beta by dual_lr (KL - I_c), to 0 at least: Peng et al. 2019, eq. 10.

        The KL counts each kind of ``fakes`` alike.
        """
        kl = 0.5 * (divergence(real) + mean_of([divergence(fake) for fake in fakes]))
        excess = (all_reduce_mean(kl) if synced() else kl) - self.bottleneck.information
        self.beta.add_(self.bottleneck.dual_lr * excess).clamp_(min=0)
        return super().observe(real, fakes, count, step)

    def generator_loss_of(self, fake: Outputs, real: Outputs | None = None) -> Tensor:
        """Compute the generator's loss at the codes' means, as the paper has it.

        The authors' code draws there too.
        """
        at_mean = None if real is None else self._at_mean(real)
        return super().generator_loss_of(self._at_mean(fake), at_mean)

    def _at_mean(self, outputs: Outputs) -> Outputs:
        ((statistics, _),) = outputs.layers
        logits = self.network.decide(statistics.chunk(2, dim=1)[0])
        return Outputs([logits.float()], [[statistics, logits]])


def divergence(outputs: Outputs) -> Tensor:
    """Average the codes' KL(E(x) || N(0, 1)) over samples, in nats: a scalar."""
    ((statistics, _),) = outputs.layers
    return gaussian_kl(*statistics.float().chunk(2, dim=1)).mean()
