"""Weights as a direction and a length, for training alone (Salimans & Kingma 2016)."""

from torch import nn
from torch.nn.utils.parametrizations import weight_norm

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d)


def weight_normed(network: nn.Module) -> nn.Module:
    """Split each convolution's weight of ``network`` itself: w = g v / |v| along its first axis.

    The weights keep their values, so its output does too; their gradients differ.
    """
    for layer in list(network.modules()):
        if isinstance(layer, CONVOLUTIONS):
            weight_norm(layer, "weight", dim=0)
    return network
