"""Normalisation layers by name, and the initial weights that go with them."""

from typing import Literal

from torch import nn

Norm = Literal["batch", "instance", "none"]


def norm_layer(kind: Norm, channels: int) -> nn.Module:
    """Batch norm with, or instance norm without, learnt scale and shift (as CycleGAN has it)."""
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    if kind == "instance":
        return nn.InstanceNorm2d(channels, affine=False)
    return nn.Identity()


def init_normal(module: nn.Module, deviation: float = 0.02) -> nn.Module:
    """Draws convolution and linear weights from N(0, 0.02), scales from N(1, 0.02), biases 0.

    The initialisation of DCGAN (Radford et al. 2016), which pix2pix and CycleGAN kept.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(layer.weight, 0.0, deviation)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, deviation)
            nn.init.zeros_(layer.bias)
    return module
