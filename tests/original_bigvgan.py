"""The generator of NVIDIA/BigVGAN, written anew from the layout of its checkpoints.

Its layers' names are the published ones, for they name the keys of checkpoints. What is before and
after a nonlinearity is written sample by sample: zeros between, a filter, every other one kept.
"""

from typing import Any

import numpy as np
import torch
from original_hifigan import PAIRED, normed, same
from torch import Tensor, nn

V1 = {
    **PAIRED,
    "sampling_rate": 24000,
    "num_mels": 100,
    "fmax": 12000,
    "upsample_initial_channel": 512,
    "activation": "snakebeta",
    "snake_logscale": True,
}
"""What stands in bigvgan_base_24khz_100band.json."""
V2 = {
    **V1,
    "upsample_rates": [4, 4, 2, 2, 2, 2],
    "upsample_kernel_sizes": [8, 8, 4, 4, 4, 4],
    "upsample_initial_channel": 1536,
    "fmax": None,
    "use_tanh_at_final": False,
    "use_bias_at_final": False,
}
"""What stands in bigvgan_v2_24khz_100band_256x.json."""


def kaiser_sinc() -> Tensor:
    """Twelve values, of half of the doubled rate's band."""
    attenuation = 2.285 * 5 * np.pi * 4 * 0.3 + 7.95
    taps = np.kaiser(12, 0.1102 * (attenuation - 8.7)) * np.sinc(0.5 * (np.arange(12) - 5.5))
    return torch.tensor(taps / taps.sum(), dtype=torch.float32)


def filtered(x: Tensor, taps: Tensor) -> Tensor:
    """Each channel convolved, without margins."""
    return (x.unfold(-1, 12, 1) * taps.flip(0)).sum(-1)


def repeated(x: Tensor, before: int, after: int) -> Tensor:
    return torch.cat([x[..., :1]] * before + [x] + [x[..., -1:]] * after, -1)


class Periodic(nn.Module):
    def __init__(self, channels: int, config: dict[str, Any]) -> None:
        super().__init__()
        self.logscale = config["snake_logscale"]
        first = torch.zeros(channels) if self.logscale else torch.ones(channels)
        self.alpha = nn.Parameter(first.clone())
        if config["activation"] == "snakebeta":
            self.beta = nn.Parameter(first.clone())

    def forward(self, x: Tensor) -> Tensor:
        alpha, beta = self.alpha, getattr(self, "beta", self.alpha)
        alpha, beta = (v.exp() if self.logscale else v for v in (alpha, beta))
        return x + (x * alpha[:, None]).sin() ** 2 / beta[:, None]


class Resampler(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("filter", kaiser_sinc().view(1, 1, -1))


class Down(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lowpass = Resampler()


class Activation(nn.Module):
    def __init__(self, channels: int, config: dict[str, Any]) -> None:
        super().__init__()
        self.act = Periodic(channels, config)
        self.upsample, self.downsample = Resampler(), Down()

    def forward(self, x: Tensor) -> Tensor:
        taps = kaiser_sinc()
        wide = repeated(x, 6, 6)
        spread = torch.stack([2 * wide, torch.zeros_like(wide)], -1).flatten(-2)
        start = 12 - 6  # of what the middle of the first sample gives
        up = filtered(spread, taps)[..., start : start + 2 * x.shape[-1]]
        return filtered(repeated(self.act(up), 5, 6), taps.flip(0))[..., ::2]


class Block(nn.Module):
    def __init__(self, channels: int, kernel: int, dilations: list[int], config: dict) -> None:
        super().__init__()
        self.paired = config["resblock"] == "1"
        convs = [same(channels, kernel, d) for d in dilations]
        if self.paired:
            self.convs1 = nn.ModuleList(convs)
            self.convs2 = nn.ModuleList([same(channels, kernel, 1) for _ in dilations])
        else:
            self.convs = nn.ModuleList(convs)
        count = len(dilations) * (2 if self.paired else 1)
        self.activations = nn.ModuleList([Activation(channels, config) for _ in range(count)])

    def forward(self, x: Tensor) -> Tensor:
        if not self.paired:
            for conv, act in zip(self.convs, self.activations, strict=True):
                x = x + conv(act(x))
            return x
        for n, (first, second) in enumerate(zip(self.convs1, self.convs2, strict=True)):
            y = first(self.activations[2 * n](x))
            x = x + second(self.activations[2 * n + 1](y))
        return x


class OriginalBigvgan(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        width = config["upsample_initial_channel"]
        self.tanh = config.get("use_tanh_at_final", True)
        self.kernels = len(config["resblock_kernel_sizes"])
        self.conv_pre = normed(nn.Conv1d(config["num_mels"], width, 7, 1, padding=3))
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        rates = zip(config["upsample_rates"], config["upsample_kernel_sizes"], strict=True)
        for rate, kernel in rates:
            up = nn.ConvTranspose1d(width, width // 2, kernel, rate, padding=(kernel - rate) // 2)
            self.ups.append(nn.ModuleList([normed(up)]))
            width //= 2
            for k, d in zip(
                config["resblock_kernel_sizes"], config["resblock_dilation_sizes"], strict=True
            ):
                self.resblocks.append(Block(width, k, d, config))
        self.activation_post = Activation(width, config)
        bias = config.get("use_bias_at_final", True)
        self.conv_post = normed(nn.Conv1d(width, 1, 7, 1, padding=3, bias=bias))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_pre(x)
        for i, (up,) in enumerate(self.ups):
            x = up(x)
            blocks = self.resblocks[i * self.kernels : (i + 1) * self.kernels]
            x = torch.stack([block(x) for block in blocks]).mean(0)
        x = self.conv_post(self.activation_post(x))
        return torch.tanh(x) if self.tanh else torch.clamp(x, -1.0, 1.0)


def lively(network: OriginalBigvgan) -> OriginalBigvgan:
    """Numbers such that weight norm, every period and every layer have a say in the output."""
    for name, parameter in network.named_parameters():
        if name.endswith("weight_g"):
            parameter.data.mul_(torch.empty_like(parameter).uniform_(1.0, 1.6))
        elif not name.endswith("weight_v"):
            parameter.data.add_(0.2 * torch.randn_like(parameter))
    return network
