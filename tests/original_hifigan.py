"""The generator of jik876/hifi-gan, written anew.

Its layers' names are the published ones, for they name the keys of checkpoints, and its weight
norm is torch's old one, which left ``weight_g`` and ``weight_v`` in them.
"""

import warnings

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu
from torch.nn.utils import weight_norm

PUBLISHED = {
    "sampling_rate": 22050,
    "n_fft": 1024,
    "hop_size": 256,
    "win_size": 1024,
    "num_mels": 80,
    "fmin": 0,
    "fmax": 8000,
    "fmax_for_loss": None,
    "segment_size": 8192,
    "batch_size": 16,
}
PAIRED = {
    **PUBLISHED,
    "resblock": "1",
    "upsample_rates": [8, 8, 2, 2],
    "upsample_kernel_sizes": [16, 16, 4, 4],
    "resblock_kernel_sizes": [3, 7, 11],
    "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
}
CONFIGS = {
    "v1": {**PAIRED, "upsample_initial_channel": 512},
    "v2": {**PAIRED, "upsample_initial_channel": 128},
    "v3": {
        **PUBLISHED,
        "resblock": "2",
        "upsample_rates": [8, 8, 4],
        "upsample_kernel_sizes": [16, 16, 8],
        "upsample_initial_channel": 256,
        "resblock_kernel_sizes": [3, 5, 7],
        "resblock_dilation_sizes": [[1, 2], [2, 6], [3, 12]],
    },
}
"""What stands in config_v1.json, config_v2.json and config_v3.json."""


def normed(layer: nn.Module) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return weight_norm(layer)


def same(channels: int, kernel: int, dilation: int) -> nn.Module:
    padding = (kernel * dilation - dilation) // 2
    return normed(nn.Conv1d(channels, channels, kernel, 1, dilation=dilation, padding=padding))


class Block1(nn.Module):
    def __init__(self, channels: int, kernel: int, dilations: list[int]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList([same(channels, kernel, d) for d in dilations])
        self.convs2 = nn.ModuleList([same(channels, kernel, 1) for _ in dilations])

    def forward(self, x: Tensor) -> Tensor:
        for first, second in zip(self.convs1, self.convs2, strict=True):
            y = first(leaky_relu(x, 0.1))
            x = second(leaky_relu(y, 0.1)) + x
        return x


class Block2(nn.Module):
    def __init__(self, channels: int, kernel: int, dilations: list[int]) -> None:
        super().__init__()
        self.convs = nn.ModuleList([same(channels, kernel, d) for d in dilations])

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = conv(leaky_relu(x, 0.1)) + x
        return x


class OriginalHifigan(nn.Module):
    def __init__(self, config: dict) -> None:
        super().__init__()
        width = config["upsample_initial_channel"]
        kind = Block1 if config["resblock"] == "1" else Block2
        self.kernels = len(config["resblock_kernel_sizes"])
        self.conv_pre = normed(nn.Conv1d(config["num_mels"], width, 7, 1, padding=3))
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        rates = zip(config["upsample_rates"], config["upsample_kernel_sizes"], strict=True)
        for rate, kernel in rates:
            up = nn.ConvTranspose1d(width, width // 2, kernel, rate, padding=(kernel - rate) // 2)
            self.ups.append(normed(up))
            width //= 2
            for k, d in zip(
                config["resblock_kernel_sizes"], config["resblock_dilation_sizes"], strict=True
            ):
                self.resblocks.append(kind(width, k, d))
        self.conv_post = normed(nn.Conv1d(width, 1, 7, 1, padding=3))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_pre(x)
        for i, up in enumerate(self.ups):
            x = up(leaky_relu(x, 0.1))
            total = None
            for j in range(self.kernels):
                y = self.resblocks[i * self.kernels + j](x)
                total = y if total is None else total + y
            x = total / self.kernels
        return torch.tanh(self.conv_post(leaky_relu(x)))


def lively(network: OriginalHifigan) -> OriginalHifigan:
    """Lengths and biases such that weight norm and every layer have a say in the output."""
    for name, parameter in network.named_parameters():
        if name.endswith("weight_g"):
            parameter.data.mul_(torch.empty_like(parameter).uniform_(1.0, 2.4))
        elif name.endswith("bias"):
            parameter.data.normal_(0, 0.1)
    return network
