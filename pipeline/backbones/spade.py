"""The generator of SPADE: from a label map alone, which steers every normalisation.

Park et al. 2019. Width 64 with 5 or 6 doublings on the 36 channels of Cityscapes (35 labels and
the instances' edges) are 93,048,003 parameters.
"""

from itertools import pairwise
from typing import Literal

from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

from pipeline.block import Block, Halvings, Width
from pipeline.nn.convolution import convolution
from pipeline.nn.normalisation import Norm
from pipeline.nn.spade import SPADEBlock

ROOMY = 5  # doublings up to which there are two blocks after the first of them


class SpadeParams(Block):
    """A generator from label maps; height and width must be multiples of 2 ** (levels + 1)."""

    kind: Literal["spade"] = "spade"
    width: Width = 64
    """Channels at full size; they double with each halving up to ``max_multiplier`` times this."""
    levels: Halvings = 5
    """Doublings of the size; published: 5 ("normal") or 6 ("more") for 256 pixels."""
    max_multiplier: int = Field(16, ge=1, le=1024)
    """The most channels are this times the width; published: 16, or 32 with 7 levels ("most"),
    whose width is half."""
    hidden: Width = 128
    """Channels of the small network in each SPADE layer."""
    norm: Norm = "instance"
    """The normalisation that SPADE layers scale and shift. ``batch`` is the published one, and
    synchronised there over processes, which it is not here."""
    spectral: bool = True
    """Spectral norm of the residual blocks and the style encoder."""
    style: Width | None = None
    """Length of the style code (published: 256), or None for one picture a label map."""

    def build(self, inputs: int, outputs: int, bounded: bool) -> "Spade":
        """Build a network of [N, inputs, H, W] -> [N, outputs, H, W]; ``bounded`` ends in tanh."""
        return Spade(
            inputs,
            outputs,
            bounded,
            width=self.width,
            levels=self.levels,
            max_multiplier=self.max_multiplier,
            hidden=self.hidden,
            norm=self.norm,
            spectral=self.spectral,
            style=self.style,
        )

    def build_encoder(self, inputs: int) -> "StyleEncoder | None":
        """Build a network of samples [N, inputs, H, W] -> style codes' means and log-variances.

        Returns None where there are no style codes.
        """
        if self.style is None:
            return None
        return StyleEncoder(
            inputs, self.style, width=self.width, levels=self.levels, spectral=self.spectral
        )


class Spade(nn.Module):
    """See `SpadeParams`."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        bounded: bool,
        *,
        width: int,
        levels: int,
        max_multiplier: int,
        hidden: int,
        norm: Norm,
        spectral: bool,
        style: int | None,
    ) -> None:
        super().__init__()
        # Height and width must divide by this: with one halving more than there are, two rows are
        # left at the narrowest place, which instance norm needs.
        self.multiple = 2 ** (levels + 1)
        self.style = style
        channels = [width * min(2**level, max_multiplier) for level in range(levels + 1)]
        # The published start from a style code is fully connected and fixes the size; a
        # convolution of the label map, as published without a style code, takes any.
        self.start = convolution(inputs, channels[-1], 3, padding=1)
        self.levels = [levels, levels - 1]  # of each block, as a number of halvings
        if levels <= ROOMY:
            self.levels.append(levels - 1)
        self.levels += range(levels - 2, -1, -1)
        widths = [channels[level] for level in self.levels]
        self.blocks = nn.ModuleList(
            SPADEBlock(
                before, after, inputs, hidden=hidden, norm=norm, style=style, spectral=spectral
            )
            for before, after in pairwise([channels[-1], *widths])
        )
        out: list[nn.Module] = [nn.LeakyReLU(0.2), convolution(width, outputs, 3, padding=1)]
        self.out = nn.Sequential(*out, nn.Tanh()) if bounded else nn.Sequential(*out)

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H, W] in styles [N, Z]; None: prior's mean, 0."""
        if self.style is not None and style is None:
            style = x.new_zeros(x.shape[0], self.style)
        y: Tensor = self.start(smaller(x, self.levels[0]))
        level = self.levels[0]
        for block, own in zip(self.blocks, self.levels, strict=True):
            if own < level:
                y = interpolate(y, scale_factor=2, mode="nearest")
            level = own
            y = block(y, smaller(x, level), style)
        made: Tensor = self.out(y)
        return made


def smaller(labels: Tensor, halvings: int) -> Tensor:
    """Return the nearest neighbours [N, L, H / 2 ** halvings, W / 2 ** halvings]: labels do not
    mix."""
    return labels[..., :: 2**halvings, :: 2**halvings]


class StyleEncoder(nn.Module):
    """A picture's style as a normal distribution: halvings, mean over space, a linear layer.

    Park et al. 2019, figure 14, which flattens 4x4 places instead and so fixes the size. The
    published encoder's instance norm is left out: before a mean over space it would take away
    just what a style is, the features' means (Huang et al. 2018, section 5.1).
    """

    def __init__(self, inputs: int, style: int, *, width: int, levels: int, spectral: bool) -> None:
        super().__init__()
        widths = [inputs, *(width * min(2**level, 8) for level in range(levels))]
        self.halvings = nn.ModuleList(
            convolution(before, after, 3, stride=2, padding=1, spectral=spectral, gain=1)
            for before, after in pairwise(widths)
        )
        self.out = nn.Linear(widths[-1], 2 * style)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map [N, inputs, H, W] of any size to mean and log-variance, [N, style] float32 each."""
        for halve in self.halvings:
            x = leaky_relu(halve(x), 0.2)
        mean, log_variance = self.out(x.mean(dim=(2, 3))).float().chunk(2, dim=1)
        return mean, log_variance
