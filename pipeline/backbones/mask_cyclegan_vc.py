"""The networks of CycleGAN-VC2 and MaskCycleGAN-VC, on mel spectrograms or mel-cepstra.

Kaneko et al. 2019 (arXiv:1904.04631) and 2021 (arXiv:2102.12841). On 80 mels of width 128 the
generator has 24,537,729 parameters with the mask's channel, 24,518,529 without, and the
discriminator 6,202,881. Where the figures of the papers leave a choice, these are the networks of
the public re-implementations (GANtastic3/MaskCycleGAN-VC, jackaduma/CycleGAN-VC2): gates of their
own in the layers down and the residual blocks, while the layers up and the discriminator gate
themselves; torch's own first weights. Theirs squash logits by a sigmoid, which least squares (Mao
et al. 2017) does not need and which is left out here.
"""

import torch
from torch import Tensor, cat, nn

from pipeline.block import Block, Layers, Width
from pipeline.nn.normalisation import InstanceNorm


class TwoOneTwoParams(Block):
    """The 2-1-2D generator: convolutions over frequency and time at both ends, over time between.

    The ends keep to the local structure of a spectrogram; between, where a frame is one vector,
    any frequency can turn into any other (Kaneko et al. 2019, section 3.2).
    """

    width: Width = 128
    """Channels of the first layer; the inner layers have twice as many."""
    blocks: Layers = 6
    """Residual blocks in the middle."""

    def build(self, mels: int, masked: bool) -> "TwoOneTwo":
        """Build a network of [N, 1, mels, T] -> the same.

        ``masked`` adds a channel that says which frames are there. Raises ValueError where ``mels``
        is no multiple of 4.
        """
        return TwoOneTwo(mels, masked, width=self.width, blocks=self.blocks)


class GatedPatchParams(Block):
    """The PatchGAN discriminator with gated linear units; it halves both sides three times."""

    width: Width = 128
    """Channels of the first layer; they double at each of the three halvings."""

    def build(self) -> "GatedPatch":
        """Build a network of [N, 1, M, T] -> logits [N, 1, M/8, T/8], rounded up."""
        return GatedPatch(width=self.width)


class TwoOneTwo(nn.Module):
    """See `TwoOneTwoParams`; the mels are fixed, the frames any multiple of 4 from 8 on."""

    multiple = 4  # mels and frames must divide by this
    smallest = 8  # instance norm needs two frames at the narrowest place

    def __init__(self, mels: int, masked: bool, *, width: int, blocks: int) -> None:
        """Raise ValueError where ``mels`` is no multiple of 4."""
        super().__init__()
        if mels % self.multiple:
            raise ValueError(
                f"2-1-2D generators take multiples of {self.multiple} rows, but samples have {mels}"
            )
        self.masked = masked
        self.inner, self.rows = 2 * width, mels // 4
        inner, flat = self.inner, self.inner * self.rows
        # A gated layer is one convolution of twice the channels: values, then gates.
        self.down = nn.Sequential(
            nn.Conv2d(2 if masked else 1, 2 * width, (5, 15), padding=(2, 7)),
            nn.GLU(dim=1),
            nn.Conv2d(width, 2 * inner, 5, stride=2, padding=2),
            *scaled_norm(2 * inner),
            nn.GLU(dim=1),
            nn.Conv2d(inner, 2 * inner, 5, stride=2, padding=2),
            *scaled_norm(2 * inner),
            nn.GLU(dim=1),
        )
        self.middle = nn.Sequential(
            nn.Conv2d(flat, inner, 1),
            *scaled_norm(inner),
            *(ResidualBlock(inner) for _ in range(blocks)),
            nn.Conv2d(inner, flat, 1),
            *scaled_norm(flat),
        )
        self.up = nn.Sequential(
            nn.Conv2d(inner, 4 * inner, 5, padding=2),
            nn.PixelShuffle(2),
            *scaled_norm(inner),
            nn.SiLU(inplace=True),  # x * sigmoid(x): a gated linear unit that is its own gate
            nn.Conv2d(inner, 4 * width, 5, padding=2),
            nn.PixelShuffle(2),
            *scaled_norm(width),
            nn.SiLU(inplace=True),
            PlainConv2d(width, 1, (5, 15), padding=(2, 7)),
        )

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Map [N, 1, M, T] to [N, 1, M, T].

        ``mask`` [N, 1, 1, T] is 0 where a frame is to be filled in and 1 elsewhere, as everywhere
        where it is None; networks without the mask's channel leave it aside.
        """
        if self.masked:
            seen = torch.ones_like(x) if mask is None else mask.to(x.dtype).expand_as(x)
            x = cat([x * seen, seen], dim=1)
        x = self.down(x)  # [N, C, M/4, T/4]
        x = self.middle(x.flatten(1, 2).unsqueeze(2))  # [N, C * M/4, 1, T/4]
        # Not len(x): a number, which would hold for every batch of an export.
        y: Tensor = self.up(x.reshape(x.shape[0], self.inner, self.rows, x.shape[3]))
        return y


class ResidualBlock(nn.Module):
    """A gated convolution over three frames and another back, beside an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 4 * channels, (1, 3), padding=(0, 1)),
            *scaled_norm(4 * channels),
            nn.GLU(dim=1),
            nn.Conv2d(2 * channels, channels, (1, 3), padding=(0, 1)),
            *scaled_norm(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, 1, T] to [N, C, 1, T]."""
        y: Tensor = x + self.layers(x)
        return y


class GatedPatch(nn.Module):
    """See `GatedPatchParams`."""

    smallest = 9  # mels and frames of which two are left for the last instance norm

    def __init__(self, *, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(1, width, 3, padding=1), nn.SiLU(inplace=True)]
        for channels in (width, 2 * width, 4 * width):
            layers += [
                nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),
                *scaled_norm(2 * channels),
                nn.SiLU(inplace=True),
            ]
        layers.append(nn.Conv2d(8 * width, 1, (1, 3), padding=(0, 1)))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, 1, M, T] to logits [N, 1, M/8, T/8], rounded up."""
        y: Tensor = self.layers(x)
        return y


class PlainConv2d(nn.Conv2d):
    """A convolution in torch's default layout, whatever the layout of what it is given.

    For one or two samples and wide kernels oneDNN has no fast gradient channels-last: that of the
    generator's last layer alone took more than half of a training step.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to [N, outputs, H, W]."""
        y: Tensor = self._conv_forward(x.contiguous(), self.weight.contiguous(), self.bias)
        return y


def scaled_norm(channels: int) -> tuple[nn.Module, nn.Module]:
    """Build instance norm, then a learnt scale and shift for each channel."""
    return InstanceNorm(), Scale(channels)


class Scale(nn.Module):
    """A learnt scale, at first 1, and shift, at first 0, for each channel.

    A layer of its own, so that what replaces `InstanceNorm` (tiles, ONNX) need not know of it.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to the same shape."""
        return torch.addcmul(self.bias.to(x.dtype), x, self.weight.to(x.dtype))
