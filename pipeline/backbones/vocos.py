"""The generator of Vocos: log-mel frames to a waveform by an inverse STFT (Siuzdak 2023).

Every layer works at the rate of the frames; ConvNeXt blocks (Liu et al. 2022) make of them the
magnitudes and phases of a short-time Fourier transform, whose inverse is the wave (section 3.1). A
second of sound costs a small part of what HiFi-GAN's layers at the rate of samples cost. At the
published size, with 100 mels, it has 13,531,650 parameters.
"""

from typing import Literal, Self

import torch
from pydantic import model_validator
from torch import Tensor, nn
from torch.nn.functional import gelu

from pipeline.block import Block, Layers, Side, Width
from pipeline.nn.inverse_stft import inverse_stft

EPS = 1e-6  # of every layer norm
KERNEL = 7  # frames that the first convolution and each block see
LOUDEST = 100.0
"""The most that a magnitude may be: an exponential could be anything."""


class VocosParams(Block):
    """The network of the published models by default."""

    kind: Literal["vocos"] = "vocos"
    width: Width = 512
    """Channels of the blocks (``dim`` in published configurations)."""
    hidden: Width = 1536
    """Channels within each block (``intermediate_dim``)."""
    layers: Layers = 8
    """Blocks (``num_layers``)."""
    n_fft: Side = 1024
    """Length of the inverse transform and of its Hann window, samples."""
    hop: Side = 256
    """Samples a frame."""

    @model_validator(mode="after")
    def _can_be_inverted(self) -> Self:
        if 2 * self.hop > self.n_fft or self.n_fft % 2 or self.hop % 2:
            raise ValueError(
                "an inverse transform needs an even hop and an even n_fft of at least two hops, "
                f"not hop {self.hop} and n_fft {self.n_fft}"
            )
        return self

    def build(self, mels: int) -> "Vocos":
        """Build a network of [N, mels, T] -> [N, 1, T * hop]."""
        return Vocos(
            mels,
            width=self.width,
            hidden=self.hidden,
            layers=self.layers,
            n_fft=self.n_fft,
            hop=self.hop,
        )


class Vocos(nn.Module):
    """See `VocosParams`. Layers are called as in the published checkpoints."""

    def __init__(
        self, mels: int, *, width: int, hidden: int, layers: int, n_fft: int, hop: int
    ) -> None:
        super().__init__()
        self.backbone = Backbone(mels, width, hidden, layers)
        self.head = InverseSTFTHead(width, n_fft, hop)

    def forward(self, frames: Tensor) -> Tensor:
        """Map [N, mels, T] to [N, 1, T * hop].

        Most of it in [-1, 1], where it learnt from such waves; nothing holds it there.
        """
        wave: Tensor = self.head(self.backbone(frames))
        return wave[:, None]


class Backbone(nn.Module):
    """A convolution, ConvNeXt blocks, and a layer norm on either side of them."""

    def __init__(self, inputs: int, width: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.embed = nn.Conv1d(inputs, width, KERNEL, padding=KERNEL // 2)
        self.norm = nn.LayerNorm(width, eps=EPS)
        blocks = [ConvNeXtBlock(width, hidden, scale=1 / layers) for _ in range(layers)]
        self.convnext = nn.ModuleList(blocks)
        self.final_layer_norm = nn.LayerNorm(width, eps=EPS)
        for layer in self.modules():
            if isinstance(layer, nn.Conv1d | nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def forward(self, frames: Tensor) -> Tensor:
        """Map [N, inputs, T] to [N, T, width]."""
        x = self.norm(self.embed(frames).transpose(1, 2)).transpose(1, 2)
        for block in self.convnext:
            x = block(x)
        y: Tensor = self.final_layer_norm(x.transpose(1, 2))
        return y


class ConvNeXtBlock(nn.Module):
    """A convolution of each channel and an inverted bottleneck, scaled, beside an identity."""

    def __init__(self, width: int, hidden: int, scale: float) -> None:
        """Take the first ``scale`` of what is added, learnt for each channel."""
        super().__init__()
        self.dwconv = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2, groups=width)
        self.norm = nn.LayerNorm(width, eps=EPS)
        self.pwconv1 = nn.Linear(width, hidden)
        self.pwconv2 = nn.Linear(hidden, width)
        self.gamma = nn.Parameter(torch.full((width,), scale))

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, T] to [N, C, T]."""
        y = self.norm(self.dwconv(x).transpose(1, 2))  # [N, T, C]
        added: Tensor = self.gamma * self.pwconv2(gelu(self.pwconv1(y)))
        return x + added.transpose(1, 2)


class InverseSTFTHead(nn.Module):
    """Log-magnitudes and phases of each frame, and the wave that they are the transform of."""

    def __init__(self, width: int, n_fft: int, hop: int) -> None:
        super().__init__()
        self.hop = hop
        self.out = nn.Linear(width, n_fft + 2)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, T, width] to waves [N, T * hop], in float32, also under autocast.

        S = exp(m) (cos p + i sin p): whatever number p is, it is a phase (section 3.2).
        """
        with torch.autocast(x.device.type, enabled=False):
            logarithm, phase = self.out(x.float()).chunk(2, dim=-1)
            magnitude = logarithm.exp().clamp(max=LOUDEST)
            spectra = torch.complex(magnitude * phase.cos(), magnitude * phase.sin())
            return inverse_stft(spectra, self.hop)
