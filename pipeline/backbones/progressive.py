"""Growth of networks, and samples at the sizes on the way (Karras et al. 2018, section 2).

Level 0 is the smallest size, 4 to 7 rows or columns; each further level doubles height and width.
"""

from typing import NamedTuple

from torch import Tensor, lerp
from torch.nn.functional import avg_pool2d, interpolate

from pipeline.backbones.convolutional import halvings
from pipeline.samples import Spec


class Growth(NamedTuple):
    """The level that networks work at, and how far its layers have faded in."""

    level: int
    part: int = 1
    whole: int = 1

    @property
    def alpha(self) -> float:
        """Weight of the newest layers, 0 to 1; the rest is that of the level below."""
        return self.part / self.whole

    @property
    def fading(self) -> bool:
        """True: the level below still counts."""
        return self.part < self.whole


def channels_of(spec: Spec, width: int, most: int) -> list[int]:
    """List the channels of each level, the smallest size first: ``width`` at full size, twice as
    many at each lower level, ``most`` at most.

    Raises ValueError where `halvings` does.
    """
    levels, _ = halvings(spec)
    return [min(width * 2 ** (levels - level), most) for level in range(levels + 1)]


def halve(x: Tensor, times: int = 1) -> Tensor:
    """Average squares of samples [N, C, H, W]: [N, C, H / 2^times, W / 2^times]."""
    return avg_pool2d(x, 2**times) if times else x


def enlarge(x: Tensor, times: int = 1) -> Tensor:
    """Repeat each value of samples [N, C, H, W]: [N, C, H * 2^times, W * 2^times]."""
    return interpolate(x, scale_factor=float(2**times)) if times else x


def shown_at(x: Tensor, growth: Growth, levels: int) -> Tensor:
    """Bring real samples [N, C, H, W] of level ``levels`` to the size that networks work at.

    While a level fades in, the samples of that size fade in alike: lerp(enlarged ones of the level
    below, samples, alpha), as the published code blends them.
    """
    x = halve(x, levels - growth.level)
    return lerp(enlarge(halve(x)), x, growth.alpha) if growth.fading else x
