"""Earlier weights of a GAN's networks, against two players that chase each other in circles.

In min over x and max over y of x y each best answer overshoots, and gradient steps of both at once
lead away from the balance. What one player, or both, remember of the other's past damps that.
"""

import copy
from typing import Any

import torch
from pydantic import Field, PositiveFloat
from torch import Tensor, nn

from pipeline.block import Block, Layers, Steps
from pipeline.methods.adversary import Adversary
from pipeline.methods.optimisers import trainable_parameters


class HistoricalAveragingParams(Block):
    """Holds the weights of both networks near the mean of all that they have been.

    Salimans et al. 2016, section 3.3, who give no weight.
    """

    weight: PositiveFloat = 1.0


class HistoricalAverage(nn.Module):
    """The mean of a network's weights since training began (Salimans et al. 2016, section 3.3).

    It is kept in buffers, so a resumed run goes on with it.
    """

    mean: Tensor
    count: Tensor

    def __init__(self, network: nn.Module) -> None:
        """Take the network whose weights, the trainable ones, are followed."""
        super().__init__()
        numbers = sum(p.numel() for p in trainable_parameters(network))
        self.register_buffer("mean", torch.zeros(numbers))
        self.register_buffer("count", torch.zeros(()))

    def forward(self, network: nn.Module) -> Tensor:
        """Take in the weights of now, and compute |w - (1/t) sum of w_i, i = 1 .. t|^2: a scalar.

        Its gradient is that of w alone: the mean is a constant.
        """
        weights = torch.cat([p.flatten() for p in trainable_parameters(network)]).float()
        with torch.no_grad():
            self.count.add_(1)
            self.mean.lerp_(weights, 1 / self.count)
        return (weights - self.mean).square().sum()


class PastDiscriminatorsParams(Block):
    """Lets the generator answer earlier discriminators beside the present one."""

    count: Layers = 5
    """Discriminators that are kept, the oldest making room."""
    every: Steps = 100
    """Steps between two that are kept."""
    decay: float = Field(0.5, gt=0, le=1)
    """Weight of each beside that of the next younger one."""


class PastDiscriminators(nn.Module):
    """A ring of snapshots of an adversary, which never learn; all are saved and resumed."""

    def __init__(self, adversary: Adversary, params: PastDiscriminatorsParams) -> None:
        super().__init__()
        self.params = params
        self.ring = nn.ModuleList(copy.deepcopy(adversary) for _ in range(params.count))
        self.ring.requires_grad_(False)
        for past in self.ring:  # samples are altered as now, not as then
            past.alteration = adversary.alteration

    @torch.no_grad()
    def keep(self, adversary: Adversary, step: int) -> None:
        """Copy the present discriminator into the ring where one is due at ``step``."""
        if step % self.params.every == 0:
            oldest = self.ring[step // self.params.every % self.params.count]
            pairs = zip(oldest.state_dict().values(), adversary.state_dict().values(), strict=True)
            for old, new in pairs:
                old.copy_(new)

    def generator_loss(
        self, adversary: Adversary, fake: Tensor, *, step: int = 0, **shown: Any
    ) -> Tensor:
        """Average the generator's loss over the present discriminator and the past ones: a scalar.

        The k-th youngest weighs decay^k, the present one 1. ``shown`` as `Adversary` takes it.
        """
        newest = step // self.params.every
        kept = min(newest + 1, self.params.count)
        slots = [(newest - age) % self.params.count for age in range(kept)]
        weights = [self.params.decay**age for age in range(kept + 1)]
        losses = [adversary.generator_loss(fake, step=step, **shown)]
        for slot in slots:
            past = self.ring[slot]
            assert isinstance(past, Adversary)
            losses.append(past.generator_loss(fake, step=step, **shown))
        weighted = [weight * loss for weight, loss in zip(weights, losses, strict=True)]
        return torch.stack(weighted).sum() / sum(weights)
