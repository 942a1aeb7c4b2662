"""Exponential moving averages of a network's weights."""

from collections.abc import Mapping

import torch
from torch import nn


@torch.no_grad()
def update_ema(
    ema: nn.Module,
    network: nn.Module,
    decay: float,
    step: int,
    late: Mapping[str, int] | None = None,
) -> None:
    """Move the weights of ``ema`` towards those of ``network`` after ``step`` averaged steps.

    Early on a long memory would keep the random first weights, so ``decay`` grows with the steps,
    as step / (step + 10) (Karras et al. 2024 ramp too); at step 0 or below the weights are copied.
    What is no floating point is always copied. ``late``: steps after which weights begin to be
    averaged, by name, where they learn nothing before.
    """
    late = late or {}
    averaged, present = ema.state_dict(), network.state_dict()
    for name, value in present.items():
        if value.is_floating_point():
            steps = max(step - late.get(name, 0), 0)
            averaged[name].lerp_(value, 1 - min(decay, steps / (steps + 10)))
        else:
            averaged[name].copy_(value)
