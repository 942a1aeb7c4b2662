"""Vocos as gemelo-ai/vocos has it, written anew from the layout of its checkpoints.

Names of layers and buffers are the published ones, for they name the keys of checkpoints. Its
inverse transform is torch's own ("center"), or frames that are added one by one ("same").
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torchaudio.transforms import MelSpectrogram

PUBLISHED: dict[str, Any] = {
    "feature_extractor": {
        "class_path": "vocos.feature_extractors.MelSpectrogramFeatures",
        "init_args": {
            "sample_rate": 24000,
            "n_fft": 1024,
            "hop_length": 256,
            "n_mels": 100,
            "padding": "center",
        },
    },
    "backbone": {
        "class_path": "vocos.models.VocosBackbone",
        "init_args": {
            "input_channels": 100,
            "dim": 512,
            "intermediate_dim": 1536,
            "num_layers": 8,
        },
    },
    "head": {
        "class_path": "vocos.heads.ISTFTHead",
        "init_args": {"dim": 512, "n_fft": 1024, "hop_length": 256, "padding": "center"},
    },
}
"""What stands in the config.yaml of vocos-mel-24khz."""


def config_of(padding: str = "center", **backbone: int) -> dict[str, Any]:
    """The published configuration at another size."""
    config = copy.deepcopy(PUBLISHED)
    config["backbone"]["init_args"] |= backbone
    config["head"]["init_args"] |= {
        "dim": config["backbone"]["init_args"]["dim"],
        "padding": padding,
    }
    config["feature_extractor"]["init_args"]["padding"] = padding
    return config


class Features(nn.Module):
    def __init__(self, sample_rate: int, n_fft: int, hop_length: int, n_mels: int, padding: str):
        super().__init__()
        self.margin = 0 if padding == "center" else (n_fft - hop_length) // 2
        self.mel_spec = MelSpectrogram(
            sample_rate,
            n_fft,
            hop_length=hop_length,
            n_mels=n_mels,
            center=padding == "center",
            power=1,
        )

    def forward(self, wave: Tensor) -> Tensor:
        margins = (self.margin, self.margin)
        wave = nn.functional.pad(wave[:, None], margins, mode="reflect")[:, 0]
        return self.mel_spec(wave).clip(min=1e-7).log()


class Block(nn.Module):
    def __init__(self, dim: int, inner: int, scale: float) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(dim, dim, 7, groups=dim, padding=3)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1, self.act = nn.Linear(dim, inner), nn.GELU()
        self.pwconv2 = nn.Linear(inner, dim)
        self.gamma = nn.Parameter(scale * torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        rows = self.norm(self.dwconv(x).mT)
        return x + (self.gamma * self.pwconv2(self.act(self.pwconv1(rows)))).mT


class Body(nn.Module):
    def __init__(self, input_channels: int, dim: int, intermediate_dim: int, num_layers: int):
        super().__init__()
        self.embed = nn.Conv1d(input_channels, dim, 7, padding=3)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.convnext = nn.ModuleList(
            [Block(dim, intermediate_dim, 1 / num_layers) for _ in range(num_layers)]
        )
        self.final_layer_norm = nn.LayerNorm(dim, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.embed(x).mT).mT
        for block in self.convnext:
            x = block(x)
        return self.final_layer_norm(x.mT)


class Inverse(nn.Module):
    def __init__(self, n_fft: int, hop: int, padding: str) -> None:
        super().__init__()
        self.n_fft, self.hop, self.padding = n_fft, hop, padding
        self.register_buffer("window", torch.hann_window(n_fft))

    def forward(self, spectra: Tensor) -> Tensor:
        if self.padding == "center":
            return torch.istft(spectra, self.n_fft, self.hop, self.n_fft, self.window, center=True)
        count, _, frames = spectra.shape
        wave = torch.zeros(count, (frames - 1) * self.hop + self.n_fft)
        weight = torch.zeros_like(wave)
        for t in range(frames):
            place = slice(t * self.hop, t * self.hop + self.n_fft)
            wave[:, place] += torch.fft.irfft(spectra[..., t], self.n_fft) * self.window
            weight[:, place] += self.window**2
        margin = (self.n_fft - self.hop) // 2
        return wave[:, margin:-margin] / weight[:, margin:-margin]


class Head(nn.Module):
    def __init__(self, dim: int, n_fft: int, hop_length: int, padding: str) -> None:
        super().__init__()
        self.out = nn.Linear(dim, n_fft + 2)
        self.istft = Inverse(n_fft, hop_length, padding)

    def forward(self, x: Tensor) -> Tensor:
        magnitude, phase = self.out(x).mT.chunk(2, dim=1)
        return self.istft(torch.polar(magnitude.exp().clip(max=100), phase))


class OriginalVocos(nn.Module):
    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.feature_extractor = Features(**config["feature_extractor"]["init_args"])
        self.backbone = Body(**config["backbone"]["init_args"])
        self.head = Head(**config["head"]["init_args"])

    def decode(self, frames: Tensor) -> Tensor:
        """[N, mels, T] to waves, of (T - 1) * hop samples where frames are centred."""
        return self.head(self.backbone(frames))


def lively(network: OriginalVocos) -> OriginalVocos:
    """Weights such that every layer has a say in the output."""
    for parameter in network.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return network
