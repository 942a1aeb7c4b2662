"""Spatially adaptive normalisation and its residual block (Park et al. 2019)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, relu

from pipeline.nn.convolution import convolution
from pipeline.nn.normalisation import BatchNorm, InstanceNorm, Norm


def plain_norm(kind: Norm, channels: int) -> nn.Module:
    """Build normalisation without learnt scale and shift: [N, channels, H, W] -> the same."""
    if kind == "batch":
        return BatchNorm(channels, affine=False)
    return InstanceNorm() if kind == "instance" else nn.Identity()


class SPADE(nn.Module):
    """Normalises, then scales and shifts each place by what a label map says there.

    Park et al. 2019, eq. 1, with a scale of 1 + gamma as their code has it: networks that begin
    near 0 then leave the normalised values alone.
    """

    def __init__(
        self, channels: int, labels: int, *, hidden: int, norm: Norm, style: int | None
    ) -> None:
        """Take ``labels`` as the label map's channels, ``style`` as a code's length, if any."""
        super().__init__()
        self.norm = plain_norm(norm, channels)
        self.shared = convolution(labels, hidden, 3, padding=1, gain=1)
        self.affine = convolution(hidden, 2 * channels, 3, padding=1)  # gamma and beta at once
        # A style code that entered the features would be lost: instance norm takes away what is
        # alike everywhere. So it enters here, after it, in every layer.
        self.style = None if style is None else nn.Linear(style, hidden, bias=False)

    def forward(self, x: Tensor, labels: Tensor, style: Tensor | None = None) -> Tensor:
        """Map [N, C, H, W], labels [N, L, H, W] of equal size, style [N, Z] to [N, C, H, W]."""
        hidden = self.shared(labels)
        if self.style is not None:
            hidden = hidden + self.style(style)[:, :, None, None]
        gamma, beta = self.affine(relu(hidden)).chunk(2, dim=1)
        y: Tensor = torch.addcmul(beta, self.norm(x), 1 + gamma)
        return y


class SPADEBlock(nn.Module):
    """Two 3x3 convolutions beside an identity, each after SPADE and LeakyReLU (figure 4).

    Where the channels change, the way beside is a 1x1 convolution after SPADE.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        labels: int,
        *,
        hidden: int,
        norm: Norm,
        style: int | None,
        spectral: bool,
    ) -> None:
        """Take ``spectral`` for spectral norm of the three convolutions; SPADE's own have none."""
        super().__init__()

        def spade(channels: int) -> SPADE:
            return SPADE(channels, labels, hidden=hidden, norm=norm, style=style)

        middle = min(inputs, outputs)
        self.norm_1, self.norm_2 = spade(inputs), spade(middle)
        self.conv_1 = convolution(inputs, middle, 3, padding=1, spectral=spectral)
        self.conv_2 = convolution(middle, outputs, 3, padding=1, spectral=spectral)
        self.norm_beside, self.conv_beside = None, None
        if inputs != outputs:
            self.norm_beside = spade(inputs)
            self.conv_beside = convolution(
                inputs, outputs, 1, padding=0, bias=False, spectral=spectral
            )

    def forward(self, x: Tensor, labels: Tensor, style: Tensor | None = None) -> Tensor:
        """Map [N, inputs, H, W], labels [N, L, H, W], style [N, Z] to [N, outputs, H, W]."""
        y: Tensor = self.conv_1(leaky_relu(self.norm_1(x, labels, style), 0.2))
        y = self.conv_2(leaky_relu(self.norm_2(y, labels, style), 0.2))
        if self.norm_beside is not None and self.conv_beside is not None:
            x = self.conv_beside(self.norm_beside(x, labels, style))
        return x + y
