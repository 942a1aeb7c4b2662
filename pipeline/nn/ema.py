"""Averages of a network's weights over its steps."""

import torch
from torch import nn


@torch.no_grad()
def update_ema(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Moves the weights of ``average`` towards those that ``network`` has after ``step`` steps.

    An exponential moving average; early on a long memory would keep the random first weights, so
    it grows with the steps (Karras et al. 2024 ramp too). What is no floating point is copied.
    """
    decay = min(decay, step / (step + 10))
    averaged, present = average.state_dict(), network.state_dict()
    for name, value in present.items():
        if value.is_floating_point():
            averaged[name].lerp_(value, 1 - decay)
        else:
            averaged[name].copy_(value)
