"""The networks of AdaIN-VC: a content encoder, a speaker encoder and a decoder, along time.

Chou, Yeh & Lee 2019 (arXiv:1904.05742). Features are channels, and every convolution is along time
alone. On 80 mels the three have 4,876,368 parameters. Where the paper leaves a choice, these are
the networks of the authors' public code (jjery2243542/adaptive_voice_conversion): norms before
activations, and no dropout. They differ from it in four: codes have the paper's variance of 1 and
no head for another; frames beyond the ends are zeros and no reflections; the decoder scales by 1 +
what it computes of the speaker, so that it begins near the identity; and the content encoder
normalises the features themselves, too (see `AdaINVCNetworkParams.input_norm`).
"""

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import avg_pool1d, interpolate, relu

from pipeline.block import Block, Layers, Width
from pipeline.nn.normalisation import InstanceNorm

KERNEL = 5
"""Frames of every convolution but those of the bank."""


class AdaINVCNetworkParams(Block):
    """Content encoder, speaker encoder and decoder, in the paper's sizes."""

    width: Width = 128
    """Channels of every convolution."""
    blocks: Layers = 6
    """Residual blocks of each network. Every second one halves the frames, or doubles them."""
    dense: Layers = 6
    """Residual blocks of the speaker encoder behind its mean over time."""
    bank: int = Field(8, ge=1, le=64)
    """The widest kernel, in frames, of those from 1 on that an encoder begins with."""
    latent: Width = 128
    """Numbers of each place of the content code."""
    embedding: Width = 128
    """Numbers of a speaker embedding."""
    input_norm: bool = True
    """The content encoder begins with instance norm of the features, so what it finds does not
    depend at all on their mean and std over what it is given. False, as in the paper: with its
    first convolution."""

    @property
    def multiple(self) -> int:
        """Frames come in multiples of this: two are left for the last instance norm."""
        return 2 << (self.blocks // 2)

    def build_content_encoder(self, features: int) -> "ContentEncoder":
        """Build a network of [N, features, T] -> content codes [N, latent, T * 2 / multiple]."""
        return ContentEncoder(
            features,
            self.latent,
            width=self.width,
            strides=self.strides,
            bank=self.bank,
            input_norm=self.input_norm,
        )

    def build_speaker_encoder(self, features: int) -> "SpeakerEncoder":
        """Build a network of [N, features, T] -> speaker embeddings [N, embedding]."""
        return SpeakerEncoder(
            features,
            self.embedding,
            width=self.width,
            strides=self.strides,
            bank=self.bank,
            dense=self.dense,
        )

    def build_decoder(self, features: int) -> "Decoder":
        """Build a network of content codes and speaker embeddings -> [N, features, T]."""
        strides = self.strides[::-1]
        return Decoder(self.latent, self.embedding, features, width=self.width, strides=strides)

    @property
    def strides(self) -> list[int]:
        """The stride of each block: 1 and 2 in turn."""
        return [1 + number % 2 for number in range(self.blocks)]


class ContentEncoder(nn.Module):
    """See `AdaINVCNetworkParams.build_content_encoder`.

    Instance norm without learnt scale and shift takes the mean and the variance over time out of
    every channel, and with them what of the speaker is the same all the time.
    """

    def __init__(
        self,
        features: int,
        latent: int,
        *,
        width: int,
        strides: list[int],
        bank: int,
        input_norm: bool,
    ) -> None:
        super().__init__()
        self.start = nn.Sequential(
            InstanceNorm() if input_norm else nn.Identity(),
            Bank(features, width, bank),
            nn.Conv1d(bank * width + features, width, 1),
            InstanceNorm(),
            nn.ReLU(),
        )
        self.blocks = nn.Sequential(*(DownBlock(width, stride, norm=True) for stride in strides))
        self.mean = nn.Conv1d(width, latent, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map features [N, C, T] to the means of the content codes' posteriors, float32."""
        y: Tensor = self.mean(self.blocks(self.start(x)))
        return y.float()


class SpeakerEncoder(nn.Module):
    """See `AdaINVCNetworkParams.build_speaker_encoder`.

    Without norms, which would take the speaker out.
    """

    def __init__(
        self,
        features: int,
        embedding: int,
        *,
        width: int,
        strides: list[int],
        bank: int,
        dense: int,
    ) -> None:
        super().__init__()
        self.start = nn.Sequential(
            Bank(features, width, bank), nn.Conv1d(bank * width + features, width, 1), nn.ReLU()
        )
        self.blocks = nn.Sequential(*(DownBlock(width, stride, norm=False) for stride in strides))
        self.dense = nn.Sequential(*(DenseBlock(width) for _ in range(dense)))
        self.embedding = nn.Linear(width, embedding)

    def forward(self, x: Tensor) -> Tensor:
        """Map features [N, C, T] to embeddings [N, Z], float32: of what they are on average."""
        y: Tensor = self.embedding(self.dense(self.blocks(self.start(x)).mean(dim=2)))
        return y.float()


class Decoder(nn.Module):
    """See `AdaINVCNetworkParams.build_decoder`: a speaker is the mean and std of each channel."""

    def __init__(
        self, latent: int, embedding: int, features: int, *, width: int, strides: list[int]
    ) -> None:
        super().__init__()
        self.start = nn.Sequential(nn.Conv1d(latent, width, 1), InstanceNorm(), nn.ReLU())
        self.blocks = nn.ModuleList(UpBlock(width, embedding, stride) for stride in strides)
        self.end = nn.Conv1d(width, features, 1)

    def forward(self, code: Tensor, embedding: Tensor) -> Tensor:
        """Map codes [N, L, t] and embeddings [N, Z] to features [N, C, T]."""
        hidden = self.start(code)
        for block in self.blocks:
            hidden = block(hidden, embedding)
        y: Tensor = self.end(hidden)
        return y


class Bank(nn.Module):
    """Convolutions of 1, 2, ... frames side by side, and the input behind them."""

    def __init__(self, inputs: int, width: int, largest: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv1d(inputs, width, kernel, padding=kernel // 2)
            for kernel in range(1, largest + 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, T] to [N, largest * width + C, T]."""
        # An even kernel gives a frame too many.
        return torch.cat([*(relu(layer(x)[..., : x.shape[2]]) for layer in self.layers), x], dim=1)


class DownBlock(nn.Module):
    """Two convolutions, the second with a stride, beside the mean of as many frames."""

    def __init__(self, width: int, stride: int, norm: bool) -> None:
        super().__init__()
        self.stride = stride
        self.layers = nn.Sequential(
            nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2),
            InstanceNorm() if norm else nn.Identity(),
            nn.ReLU(),
            nn.Conv1d(width, width, KERNEL, stride, padding=KERNEL // 2),
            InstanceNorm() if norm else nn.Identity(),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, T] to [N, C, T / stride]."""
        kept = x if self.stride == 1 else avg_pool1d(x, self.stride)
        y: Tensor = kept + self.layers(x)
        return y


class DenseBlock(nn.Module):
    """Two linear layers beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C] to [N, C]."""
        y: Tensor = x + self.layers(x)
        return y


class UpBlock(nn.Module):
    """Two convolutions with adaptive instance norm, the second to more frames, beside the nearest.

    More frames come of more channels, put one after the other (sub-pixel convolution).
    """

    def __init__(self, width: int, embedding: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.first = nn.Conv1d(width, width, KERNEL, padding=KERNEL // 2)
        self.second = nn.Conv1d(width, width * stride, KERNEL, padding=KERNEL // 2)
        self.norms = nn.ModuleList(AdaptiveInstanceNorm(width, embedding) for _ in range(2))

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        """Map [N, C, T] and embeddings [N, Z] to [N, C, T * stride]."""
        y = relu(self.norms[0](self.first(x), embedding))
        y = relu(self.norms[1](in_turn(self.second(y), self.stride), embedding))
        kept = x if self.stride == 1 else interpolate(x, scale_factor=float(self.stride))
        return kept + y


class AdaptiveInstanceNorm(nn.Module):
    """Each channel to the mean and std that an embedding asks for (Huang & Belongie 2017)."""

    def __init__(self, channels: int, embedding: int) -> None:
        super().__init__()
        self.norm, self.style = InstanceNorm(), nn.Linear(embedding, 2 * channels)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        """Map [N, C, T] and embeddings [N, Z] to [N, C, T]."""
        scale, shift = self.style(embedding).unsqueeze(2).to(x.dtype).chunk(2, dim=1)
        y: Tensor = torch.addcmul(shift, self.norm(x), 1 + scale)
        return y


def in_turn(x: Tensor, stride: int) -> Tensor:
    """Put channels [N, C * stride, T] one after the other in time: [N, C, T * stride]."""
    if stride == 1:
        return x
    # Not len(x): a number, which would hold for every batch of an export.
    y = x.reshape(x.shape[0], -1, stride, x.shape[2])
    return y.transpose(2, 3).flatten(2)
