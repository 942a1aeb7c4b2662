"""Label maps: pictures whose levels are the numbers of labels, and of instances."""

from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from pipeline.block import Block

UNKNOWN = 255
"""The level of what has no label."""


class LabelMap(Block):
    """The meaning of levels of 8 bits, and the channels of the one-hot label map that a network
    takes, as in SPADE (Park et al. 2019; ``label_nc``, ``contain_dontcare_label`` and
    ``no_instance`` of the public code).

    Red has the label's number. Where there are instances, green and blue together have the
    instance's, which counts only where it differs from a neighbour's: a grey picture has each
    area of a label as one. Where there are none, all three are alike, as in a grey picture.
    """

    count: int = Field(ge=1, le=UNKNOWN)
    """Labels, without that of what is unknown."""
    first: Literal[0, 1] = 0
    """Level of the first label. 1: level 0 is unknown too, as in ADE20K."""
    unknown: bool = False
    """A channel after those of the labels for what is unknown: level 255, the one after the last
    label's, and what lies before the first."""
    instances: bool = False
    """A last channel, which is 1 along the edges of instances."""

    @property
    def channels(self) -> int:
        """Number of channels of the one-hot label map."""
        return self.count + self.unknown + self.instances

    @property
    def levels(self) -> tuple[int, ...]:
        """The levels of red that there is a channel for."""
        end = self.first + self.count
        if not self.unknown:
            return tuple(range(self.first, min(end, UNKNOWN)))
        return tuple(sorted({*range(min(end, UNKNOWN) + 1), UNKNOWN}))

    def check(self, pictures: npt.NDArray[np.uint8]) -> None:
        """Raise ValueError, with what was expected and found, where pictures [..., H, W, 3] are no
        such label maps."""
        if not self.instances and (pictures[..., :1] != pictures[..., 1:]).any():
            raise ValueError("expected a grey label map, whose levels are labels, found colours")
        known = np.zeros(UNKNOWN + 1, bool)
        known[list(self.levels)] = True
        if not known[red := pictures[..., 0]].all():
            strange = np.unique(red[~known[red]])[:5].tolist()
            last = f", or {UNKNOWN} for what is unknown" if self.unknown else ""
            raise ValueError(
                f"expected a label map of levels {self.first} to {self.first + self.count - 1}"
                f"{last}, found {', '.join(map(str, strange))}"
            )
