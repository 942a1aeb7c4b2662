"""Read the items of one domain, or chunks of its clips."""

import numpy as np

from pipeline.datasets.source import Array
from pipeline.datasets.store import Domain
from pipeline.errors import UserError
from pipeline.methods.base import RunParams


class DomainReader:
    """Reads items, or chunks of ``crop`` frames of clips, of one domain."""

    def __init__(self, domain: Domain, name: str, params: RunParams, place: str) -> None:
        """Raise UserError where sound has no chunk's length, or nothing is large enough."""
        crop = params.crop
        self.domain, self.name, self.crop = domain, name, crop
        self.usable = np.arange(len(domain))
        if domain.lengths is not None:
            if crop is None:
                raise UserError(f"{place}: sound needs 'crop', the frames of a training chunk")
            self.usable = np.flatnonzero(domain.lengths >= crop)
            if not len(self.usable):
                longest = int(domain.lengths.max())
                raise UserError(
                    f"{place}/{name}: no clip has {crop} frames (crop); the longest has {longest}"
                )
        elif crop is not None and crop > (side := params.resize or domain.row(0).shape[0]):
            raise UserError(
                f"{place}/{name}: pictures of {side} pixels are smaller than the crop of {crop}"
            )

    def read(self, index: int, seed: int, place: int) -> Array:
        """Read a picture [H, W, C], or a chunk [crop, M] of a clip.

        ``seed`` and ``place`` (of the walk over the data) decide where the chunk begins, however
        many processes share the walk.
        """
        if self.domain.lengths is None or self.crop is None:
            return self.domain.row(index)
        return self.domain.chunk(index, self._start(index, seed, place), self.crop)

    def listen(self, index: int, seed: int, place: int, hop: int) -> tuple[Array, Array]:
        """Read a chunk [crop, M] as `read` does, and its sound [crop * hop]."""
        assert self.crop is not None
        start = self._start(index, seed, place)
        chunk = self.domain.chunk(index, start, self.crop)
        return chunk, self.domain.wave(index, start * hop, self.crop * hop)

    def _start(self, index: int, seed: int, place: int) -> int:
        assert self.domain.lengths is not None
        assert self.crop is not None
        draw = np.random.Generator(np.random.Philox(key=[seed, place]))
        return int(draw.integers(int(self.domain.lengths[index]) - self.crop + 1))


def shuffled(seed: int, order: int, epoch: int, count: int) -> Array:
    """Draw a permutation of ``count`` items."""
    return np.random.Generator(np.random.Philox(key=[seed, (order << 40) + epoch])).permutation(
        count
    )
