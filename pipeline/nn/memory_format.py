"""Memory format of convolutions' weights: channels last where that is faster."""

import torch
from torch import nn

HEAVY = 2**21
"""So many weights of one convolution cost more to move than samples do."""


def to_channels_last(networks: nn.Module) -> None:
    """Make networks work on channels-last tensors, where that is faster.

    Channels of a place are neighbours then, as matrix units and normalisation want them. But on a
    processor torch gets the gradient of such weights in the default layout and moves it number by
    number, and the samples for a group norm, too. Networks that widen until one convolution has
    more than `HEAVY` weights that learn lose more by that than they gain: on a processor they
    keep the default layout.
    """
    if any(is_heavy(parameter) for parameter in networks.parameters()):
        return
    for parameter in networks.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


def is_heavy(parameter: nn.Parameter) -> bool:
    """Tell whether a processor computes gradients of so many weights of a convolution of
    pictures."""
    learns = parameter.requires_grad and parameter.device.type == "cpu"
    return learns and parameter.ndim == 4 and parameter.numel() > HEAVY
