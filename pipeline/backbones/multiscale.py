"""PatchGANs on a picture and on smaller copies of it, which also show what they saw.

Wang et al. 2018 (pix2pixHD), section 3.2, as Park et al. 2019 (SPADE) use it. Two of width 64 on
the 39 channels of Cityscapes are 5,601,410 parameters.
"""

from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from pipeline.block import Block, Halvings, Width
from pipeline.nn.convolution import convolution
from pipeline.nn.normalisation import InstanceNorm


class MultiscaleParams(Block):
    """Patch discriminators, each on half the size of the one before."""

    kind: Literal["multiscale"] = "multiscale"
    scales: Halvings = 2
    """Number of discriminators."""
    width: Width = 64
    """Channels of the first layer; they double with each up to eight times this."""
    layers: Halvings = 4
    """Layers before the logits; all but the last of several halve the size."""
    norm: Literal["instance", "none"] = "instance"
    """Of all layers but the first."""
    spectral: bool = True
    """Spectral norm of all layers but the first and the logits."""

    def build(self, inputs: int) -> "Multiscale":
        """Build networks of [N, inputs, H, W] -> all layers' features, then logits, by scale."""
        return Multiscale(
            inputs,
            scales=self.scales,
            width=self.width,
            layers=self.layers,
            norm=self.norm,
            spectral=self.spectral,
        )


class Multiscale(nn.Module):
    """See `MultiscaleParams`."""

    def __init__(
        self,
        inputs: int,
        *,
        scales: int,
        width: int,
        layers: int,
        norm: Literal["instance", "none"],
        spectral: bool,
    ) -> None:
        super().__init__()
        self.discriminators = nn.ModuleList(
            patch_layers(inputs, width, layers, norm, spectral) for _ in range(scales)
        )

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        """Map [N, inputs, H, W] to features, then logits [N, 1, h, w], for each scale.

        The largest scale is first.
        """
        found: list[list[Tensor]] = []
        for number, discriminator in enumerate(self.discriminators):
            if number:
                x = avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            y, seen = x, []
            for layer in discriminator.children():
                y = layer(y)
                seen.append(y)
            found.append(seen)
        return found


def patch_layers(
    inputs: int, width: int, layers: int, norm: Literal["instance", "none"], spectral: bool
) -> nn.ModuleList:
    """Return the layers of one discriminator, the logits' convolution last."""
    widths = [width * min(2**level, 8) for level in range(layers)]
    found: list[nn.Module] = [
        nn.Sequential(convolution(inputs, width, 4, stride=2, padding=2), nn.LeakyReLU(0.2))
    ]
    for level in range(1, layers):
        found.append(
            nn.Sequential(
                convolution(
                    widths[level - 1],
                    widths[level],
                    4,
                    stride=1 if level == layers - 1 else 2,
                    padding=2,
                    bias=norm == "none",
                    spectral=spectral,
                ),
                InstanceNorm() if norm == "instance" else nn.Identity(),
                nn.LeakyReLU(0.2),
            )
        )
    found.append(convolution(widths[-1], 1, 4, padding=2))
    return nn.ModuleList(found)
