"""Alterations of samples, real and fake alike, before a discriminator sees them."""

from collections.abc import Sequence

import torch
import torch.distributed as dist
from pydantic import Field, PositiveFloat
from torch import Tensor, nn

from pipeline.block import Block, Steps
from pipeline.nn.adaptive_augment import AdaptiveKind, augment_with_probability
from pipeline.nn.diffaugment import DiffAugment, diff_augment
from pipeline.system.distributed import all_reduce_mean, synced


class InstanceNoiseParams(Block):
    """Noise that fades: real and fake samples overlap, so that no discriminator can be sure.

    Sønderby et al. 2017, section 3.2; Arjovsky & Bottou 2017, section 3.
    """

    std: PositiveFloat = 0.1
    """At first; it falls linearly."""
    steps: Steps
    """Steps after which there is none."""

    def std_at(self, step: int) -> float:
        """Compute the standard deviation at a step."""
        return self.std * max(0.0, 1 - step / self.steps)


class AdaptiveParams(Block):
    """Augmentation whose probability follows how sure the discriminator is of real samples (ADA).

    Karras et al. 2020a, section 3. Their pictures move in by reflection, here what comes in is 0,
    and their rotations and scales by any amount along one axis are left out.
    """

    kinds: tuple[AdaptiveKind, ...] = Field(
        ("flip", "rotation", "translation", "scale", "colour"), min_length=1
    )
    target: float = Field(0.6, gt=-1, lt=1)
    """Mean sign of real samples' logits above which augmentation grows, and below which it sinks:
    the paper's r_t."""
    every: Steps = 4
    """Steps between two adjustments."""
    samples: Steps = 500_000
    """Real samples in which the probability can go from 0 to 1."""


class AdaptiveAugmentation(nn.Module):
    """See `AdaptiveParams`. The probability and what it follows are buffers, so a resumed run goes
    on with them, and no step waits for their values."""

    p: Tensor
    signs: Tensor
    batches: Tensor
    seen: Tensor

    def __init__(self, params: AdaptiveParams) -> None:
        super().__init__()
        self.params = params
        for name in ("p", "signs", "batches", "seen"):
            self.register_buffer(name, torch.zeros(()))

    def forward(self, *halves: Tensor) -> tuple[Tensor, ...]:
        """Alter samples [N, C, H, W]; row n of each of the ``halves`` in the same way."""
        return augment_with_probability(self.params.kinds, self.p, *halves)

    @torch.no_grad()
    def observe(self, logits: Sequence[Tensor], count: int, step: int) -> None:
        """Take in the logits of ``count`` real samples, and adjust p where that is due."""
        sign = torch.stack([y.sign().mean() for y in logits]).mean()
        if synced():
            sign, count = all_reduce_mean(sign), count * dist.get_world_size()
        self.signs.add_(sign)
        self.batches.add_(1)
        self.seen.add_(count)
        if (step + 1) % self.params.every == 0:
            above = (self.signs / self.batches - self.params.target).sign()
            self.p.add_(above * self.seen / self.params.samples).clamp_(0, 1)
            for value in (self.signs, self.batches, self.seen):
                value.zero_()


class Alteration(nn.Module):
    """Everything that alters what a discriminator is shown."""

    def __init__(
        self,
        diffaugment: DiffAugment = (),
        *,
        instance_noise: InstanceNoiseParams | None = None,
        adaptive: AdaptiveParams | None = None,
    ) -> None:
        super().__init__()
        self.diffaugment: DiffAugment = diffaugment
        self.instance_noise = instance_noise
        self.adaptive = None if adaptive is None else AdaptiveAugmentation(adaptive)

    def forward(
        self, *samples: Tensor, given: Sequence[Tensor] = (), step: int = 0
    ) -> tuple[Tensor, ...]:
        """Alter samples [N, C, H, W] at ``step``, and ``given`` conditions of theirs behind them.

        Row n of each is altered in the same way, but noise is of samples alone.
        """
        halves = diff_augment(self.diffaugment, *samples, *given)
        if self.adaptive is not None:
            halves = self.adaptive(*halves)
        std = 0.0 if self.instance_noise is None else self.instance_noise.std_at(step)
        if std:
            noisy = [x + std * torch.randn_like(x) for x in halves[: len(samples)]]
            halves = (*noisy, *halves[len(samples) :])
        return halves

    def observe(self, real_logits: Sequence[Tensor], count: int, step: int) -> dict[str, Tensor]:
        """Follow the logits of ``count`` real samples, and return what to log of it."""
        if self.adaptive is None:
            return {}
        self.adaptive.observe(real_logits, count, step)
        return {"augment_p": self.adaptive.p.clone()}
