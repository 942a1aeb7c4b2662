"""Translators with a Gaussian latent in the middle, in the parts that UNIT's domains share.

Liu et al. 2017 (arXiv:1703.00848). The numbers of blocks are those of the public code
(mingyuliutw/UNIT of 2017); the layers are those of `Resnet`, so that the two can be compared.
"""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from pipeline.backbones.resnet import ResidualBlock, downsampling, upsampling
from pipeline.block import Block, Layers, Width
from pipeline.nn.normalisation import init_normal
from pipeline.nn.resampling import Upsample

VaeNorm = Literal["instance", "none"]


class VaeParams(Block):
    """Encoder, latent and decoder; input height and width: multiples of 4, at least 8."""

    kind: Literal["vae"] = "vae"
    width: Width = 64
    """Channels of the first layer; the residual blocks and the latent have four times as many."""
    blocks: int = Field(3, ge=0, le=256)
    """Residual blocks that are an encoder's own, and as many that are a decoder's own."""
    shared: Layers = 1
    """Residual blocks before the latent, and as many after it: what UNIT's domains share."""
    norm: VaeNorm = "instance"
    """No batch norm: what several domains share would see their statistics mixed."""
    upsample: Upsample = "transpose"

    def build(self, inputs: int, outputs: int, bounded: bool) -> "Vae":
        """Build a network of [N, inputs, H, W] -> [N, outputs, H, W]; ``bounded`` ends in tanh."""
        return Vae(
            self.build_encoder(inputs), self.build_latent(), self.build_decoder(outputs, bounded)
        )

    def build_encoder(self, inputs: int) -> "VaeEncoder":
        """Build a network of samples [N, inputs, H, W] -> features [N, 4 * width, H / 4, W / 4]."""
        return VaeEncoder(inputs, width=self.width, blocks=self.blocks, norm=self.norm)

    def build_latent(self) -> "GaussianLatent":
        """Return what lies between an encoder's features and a decoder's."""
        return GaussianLatent(4 * self.width, blocks=self.shared, norm=self.norm)

    def build_decoder(self, outputs: int, bounded: bool) -> "VaeDecoder":
        """Build a network of features [N, 4 * width, H / 4, W / 4] -> [N, outputs, H, W]."""
        return VaeDecoder(
            outputs,
            bounded,
            width=self.width,
            blocks=self.blocks,
            norm=self.norm,
            up=self.upsample,
        )


class VaeEncoder(nn.Sequential):
    """The part of an encoder that is a domain's own; see `VaeParams.build_encoder`."""

    multiple = 4  # height and width must divide by this
    smallest = 8  # reflection and instance norm need two rows at the narrowest place

    def __init__(self, inputs: int, *, width: int, blocks: int, norm: VaeNorm) -> None:
        super().__init__(
            *downsampling(inputs, width, norm, bias=True),
            *residual_blocks(4 * width, blocks, norm),
        )
        init_normal(self)


class GaussianLatent(nn.Module):
    """The last blocks of encoders, a latent of variance 1 at each place, the first of decoders.

    With the variance fixed it is how far the means lie apart that says how much they tell (Liu et
    al. 2017, section 3); the divergence from the prior keeps them together.
    """

    def __init__(self, channels: int, *, blocks: int, norm: VaeNorm) -> None:
        super().__init__()
        self.before = nn.Sequential(*residual_blocks(channels, blocks, norm))
        self.after = nn.Sequential(*residual_blocks(channels, blocks, norm))
        init_normal(self)

    def mean(self, features: Tensor) -> Tensor:
        """Map encoder features [N, C, h, w] to means of the posteriors, same shape, float32."""
        y: Tensor = self.before(features)
        return y.float()

    def forward(self, mean: Tensor) -> Tensor:
        """Map means [N, C, h, w] to a decoder's features, same shape.

        From a draw of the posteriors in training, from their means in evaluation.
        """
        z = mean + torch.randn_like(mean) if self.training else mean
        y: Tensor = self.after(z)
        return y


class VaeDecoder(nn.Sequential):
    """The part of a decoder that is a domain's own; see `VaeParams.build_decoder`."""

    def __init__(
        self, outputs: int, bounded: bool, *, width: int, blocks: int, norm: VaeNorm, up: Upsample
    ) -> None:
        super().__init__(
            *residual_blocks(4 * width, blocks, norm),
            *upsampling(width, outputs, norm, True, up, bounded),
        )
        init_normal(self)


def residual_blocks(channels: int, count: int, norm: VaeNorm) -> list[nn.Module]:
    """Build ``count`` blocks of [N, channels, h, w] -> the same."""
    return [ResidualBlock(channels, norm, bias=True) for _ in range(count)]


class Vae(nn.Module):
    """A translator with a latent of its own; see `VaeParams`."""

    multiple, smallest = VaeEncoder.multiple, VaeEncoder.smallest

    def __init__(self, encoder: nn.Module, latent: GaussianLatent, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.latent, self.decoder = encoder, latent, decoder

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H, W]."""
        return self.decode(self.mean(x))

    def mean(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to means of the posteriors, [N, C, H / 4, W / 4] float32."""
        return self.latent.mean(self.encoder(x))

    def decode(self, mean: Tensor) -> Tensor:
        """Map means [N, C, h, w] to [N, outputs, 4h, 4w]; from a draw in training."""
        y: Tensor = self.decoder(self.latent(mean))
        return y
