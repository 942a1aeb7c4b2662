"""The generator of GANtastic3/MaskCycleGAN-VC, written anew.

Its layers' names are the published ones, for they name the keys of checkpoints.
"""

import torch
from torch import Tensor, nn

RESIDUAL = 6


def gated(values: Tensor, gates: Tensor) -> Tensor:
    return values * gates.sigmoid()


def convolved(inputs: int, outputs: int, kernel: int, stride: int = 1, axes: int = 2) -> nn.Module:
    """A convolution and an instance norm with scale and shift."""
    convolution, norm = (
        (nn.Conv1d, nn.InstanceNorm1d) if axes == 1 else (nn.Conv2d, nn.InstanceNorm2d)
    )
    return nn.Sequential(
        convolution(inputs, outputs, kernel, stride=stride, padding=kernel // 2),
        norm(outputs, affine=True),
    )


class Halving(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convLayer = convolved(inputs, outputs, 5, stride=2)
        self.convLayer_gates = convolved(inputs, outputs, 5, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return gated(self.convLayer(x), self.convLayer_gates(x))


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1d_layer = convolved(channels, 2 * channels, 3, axes=1)
        self.conv_layer_gates = convolved(channels, 2 * channels, 3, axes=1)
        self.conv1d_out_layer = convolved(2 * channels, channels, 3, axes=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv1d_out_layer(gated(self.conv1d_layer(x), self.conv_layer_gates(x)))


def doubling(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, 4 * outputs, 5, padding=2),
        nn.PixelShuffle(2),
        nn.InstanceNorm2d(outputs, affine=True),
        nn.SiLU(),
    )


class OriginalVoiceGenerator(nn.Module):
    def __init__(self, mels: int = 80, channels: int = 256) -> None:
        super().__init__()
        half, self.rows, self.channels = channels // 2, mels // 4, channels
        flat = channels * self.rows
        self.conv1 = nn.Conv2d(2, half, (5, 15), padding=(2, 7))
        self.conv1_gates = nn.Conv2d(2, half, (5, 15), padding=(2, 7))
        self.downSample1 = Halving(half, channels)
        self.downSample2 = Halving(channels, channels)
        self.conv2dto1dLayer = nn.Conv1d(flat, channels, 1)
        self.conv2dto1dLayer_tfan = nn.InstanceNorm1d(channels, affine=True)
        for number in range(RESIDUAL):
            self.add_module(f"residualLayer{number + 1}", Residual(channels))
        self.conv1dto2dLayer = nn.Conv1d(channels, flat, 1)
        self.conv1dto2dLayer_tfan = nn.InstanceNorm1d(flat, affine=True)
        self.upSample1 = doubling(channels, channels)
        self.upSample2 = doubling(channels, half)
        self.convLayer = self.upSample2  # left over there by what builds it
        self.lastConvLayer = nn.Conv2d(half, 1, (5, 15), padding=(2, 7))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Frames and mask [N, M, T] to frames [N, M, T]."""
        y = torch.stack((x * mask, mask), dim=1)
        y = gated(self.conv1(y), self.conv1_gates(y))
        y = self.downSample2(self.downSample1(y))
        y = self.conv2dto1dLayer_tfan(self.conv2dto1dLayer(y.flatten(1, 2)))
        for number in range(RESIDUAL):
            y = getattr(self, f"residualLayer{number + 1}")(y)
        y = self.conv1dto2dLayer_tfan(self.conv1dto2dLayer(y))
        y = y.unflatten(1, (self.channels, self.rows))
        return self.lastConvLayer(self.upSample2(self.upSample1(y))).squeeze(1)


def saved(network: nn.Module, epoch: int = 500) -> dict:
    """What its saver writes to ``00500_generator_A2B.pth.tar``."""
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-4)
    return {
        "ckpt_info": {"epoch": epoch},
        "model_class": "Generator",
        "model_state": network.state_dict(),
        "optimizer": optimiser.state_dict(),
        "lr_scheduler": None,
    }
