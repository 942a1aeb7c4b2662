"""Read the items of one domain, or chunks of its clips."""

import numpy as np

from pipeline.datasets.source import Array
from pipeline.datasets.store import Domain
from pipeline.errors import UserError


class DomainReader:
    """Reads items, or chunks of ``crop`` frames of clips, of one domain."""

    def __init__(self, domain: Domain, name: str, crop: int | None, place: str) -> None:
        """Raise UserError where no clip has ``crop`` frames."""
        self.domain, self.name, self.crop = domain, name, crop
        self.usable = np.arange(len(domain))
        if domain.lengths is not None:
            self.usable = np.flatnonzero(domain.lengths >= crop)
            if not len(self.usable):
                longest = int(domain.lengths.max())
                raise UserError(
                    f"{place}: no clip has {crop} frames (crop); the longest has {longest}"
                )

    @property
    def count(self) -> int:
        """The items, or the chunks of clips that differ."""
        if self.domain.lengths is None or self.crop is None:
            return len(self.usable)
        return int((self.domain.lengths[self.usable] - self.crop + 1).sum())

    @property
    def unit(self) -> str:
        """The unit that items are counted in."""
        return "items" if self.domain.lengths is None else f"chunks of {self.crop} frames"

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
