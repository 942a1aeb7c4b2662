"""Points of a line or a plane: the prepared store keeps their coordinates as they are."""

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pipeline.block import Block, Width
from pipeline.samples import Spec

Points = npt.NDArray[np.float32]


class PointCodec(Block):
    """Points with a number of coordinates for each domain."""

    kind: Literal["points"] = "points"
    dims: dict[str, Width]

    @property
    def domains(self) -> set[str]:
        """The names of the domains that it knows."""
        return set(self.dims)

    def spec(self, domain: str) -> Spec:
        """Return the samples of ``domain``: [dims, 1, 1], unbounded."""
        return Spec(channels=self.dims[domain], height=1, width=1, bounded=False)

    def to_sample(self, stored: Tensor, domain: str) -> Tensor:
        """Map coordinates [N, D] to samples float32 [N, D, 1, 1]."""
        return stored.float()[:, :, None, None]

    def from_sample(self, sample: Tensor, domain: str) -> Points:
        """Map samples [N, D, 1, 1] to coordinates float32 [N, D]."""
        points: Points = sample.detach().to(torch.float32).flatten(1).cpu().numpy()
        return points
