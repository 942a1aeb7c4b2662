"""Batches as a function of (seed, step), one reader a batch kind: no state, so resuming is
exact."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic

import numpy as np
import torch
from torch import Tensor

from pipeline.codecs import MelCodec
from pipeline.datasets.source import Array
from pipeline.datasets.store import Domain, Store
from pipeline.errors import UserError
from pipeline.inference.vocoders import differences
from pipeline.methods.base import BatchT, RunParams
from pipeline.methods.runs import VocoderRunParams
from pipeline.samples import Batch, DatasetSpec, Labelled, Paired, Unpaired, Vocoded


class Reader(ABC, Generic[BatchT]):
    """Reads the batch of any step of a run."""

    def __init__(
        self,
        store: Store,
        params: RunParams,
        *,
        seed: int,
        device: torch.device,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        """Raise UserError where the store does not hold what the run reads."""
        if params.batch % world:
            raise UserError(f"a batch of {params.batch} does not divide among {world} processes")
        self.store, self.params = store, params
        self.seed, self.device = seed, device
        self.rank, self.world = rank, world
        self.split = params.split if store.has(params.split, *params.domains) else "train"
        self.domains = [
            DomainReader(store.domain(self.split, name), name, params, f"{store.root}/{self.split}")
            for name in params.domains
        ]
        self.check()

    def check(self) -> None:
        """Raise UserError where the store's domains do not fit the batch kind."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the samples that training sees."""
        spec = self.store.codec.spec(self.params.domains[0])
        if spec.width is None:  # sound, whose crop the domain readers made sure of
            return spec.height, self.params.crop or 0
        side = self.params.crop or self.params.resize
        return side or spec.height, side or spec.width

    @abstractmethod
    def __call__(self, step: int) -> BatchT:
        """Read the batch of ``step`` (this process's share of it), on the device."""

    @abstractmethod
    def items(self, step: int) -> list[tuple["DomainReader", int]]:
        """List which item of which domain each part of the batch of ``step`` is."""

    def names(self, step: int) -> list[str]:
        """Name each item in the batch of ``step``: ``domain/key``."""
        return [f"{reader.name}/{reader.domain.keys[index]}" for reader, index in self.items(step)]

    def places(self, step: int) -> range:
        """Return the places of this process's share of a step, on the endless walk over the
        data."""
        count = self.params.batch * self.params.batches_per_step
        return range(step * count + self.rank, (step + 1) * count)[:: self.world]

    def index(self, reader: "DomainReader", place: int, order: int) -> int:
        """Find the item at ``place`` of an endless walk over shuffled items, none twice an
        epoch."""
        epoch, offset = divmod(place, len(reader.usable))
        return int(reader.usable[shuffled(self.seed, order, epoch, len(reader.usable))[offset]])

    def to_sample(self, reader: "DomainReader", rows: list[Array]) -> Tensor:
        """Turn stored rows into samples [N, C, H, W] by a domain's statistics."""
        return self.store.codec.to_sample(self.to_device(np.stack(rows)), reader.name)

    def to_device(self, array: Array) -> Tensor:
        """Copy an array to the device."""
        tensor = torch.from_numpy(array)
        if self.device.type == "cuda":
            tensor = tensor.pin_memory()  # or the copy would wait for the device
        return tensor.to(self.device, non_blocking=True)


class TwoDomainReader(Reader[BatchT], ABC):
    """Reads two domains side by side."""

    order_b: int
    """Number of the second domain's shuffling; the first has 0."""

    def items(self, step: int) -> list[tuple["DomainReader", int]]:
        """List the first domain's, then the second's."""
        orders = (0, self.order_b)
        return [
            (reader, self.index(reader, place, order))
            for reader, order in zip(self.domains, orders, strict=True)
            for place in self.places(step)
        ]

    def read(self, step: int) -> tuple[Tensor, Tensor]:
        """Read samples [N, C, H, W] of both domains."""
        a, b = (
            self.to_sample(
                reader,
                [
                    reader.read(self.index(reader, place, order), drawing(self.seed, place))
                    for place in self.places(step)
                ],
            )
            for reader, order in zip(self.domains, (0, self.order_b), strict=True)
        )
        return a, b


class PairedReader(TwoDomainReader[Paired]):
    """Reads aligned pairs: the same item, and the same chunk, of both domains."""

    order_b = 0

    def check(self) -> None:
        """Raise UserError where the domains are not aligned."""
        if not self.store.aligned(self.split, *self.params.domains):
            raise UserError(
                f"{self.store.root}: {' and '.join(self.params.domains)} are not aligned in "
                f"'{self.split}': a model that learns from pairs needs the same names in both "
                "domains"
            )

    def __call__(self, step: int) -> Paired:
        """Read pairs."""
        return Paired(*self.read(step))


class UnpairedReader(TwoDomainReader[Unpaired]):
    """Reads both domains independently."""

    order_b = 1

    def __call__(self, step: int) -> Unpaired:
        """Read samples of each."""
        return Unpaired(*self.read(step))


class SeveralDomainsReader(Reader[BatchT], ABC):
    """Reads any number of domains in turn."""

    def items(self, step: int) -> list[tuple["DomainReader", int]]:
        """List the items in turn."""
        found = []
        for place in self.places(step):
            turn, number = divmod(place, len(self.domains))
            reader = self.domains[number]
            found.append((reader, self.index(reader, turn, number)))
        return found


class LabelledReader(SeveralDomainsReader[Labelled]):
    """Reads items of one domain with their classes, or of several, with the domain's number."""

    def __call__(self, step: int) -> Labelled:
        """Read samples and labels."""
        rows: list[Tensor] = []
        labels: list[int] = []
        several = len(self.domains) > 1
        for place, (reader, index) in zip(self.places(step), self.items(step), strict=True):
            standard = reader if self.params.own_statistics else self.domains[0]
            rows.append(self.to_sample(standard, [reader.read(index, drawing(self.seed, place))]))
            number = self.domains.index(reader)
            labels.append(number if several else int(reader.domain.labels[index]))
        return Labelled(torch.cat(rows), torch.tensor(labels, device=self.device))


class VocodedReader(SeveralDomainsReader[Vocoded]):
    """Reads chunks of clips with their sound."""

    def check(self) -> None:
        """Raise UserError where the store does not hold what a vocoder learns from."""
        root, codec, params = self.store.root, self.store.codec, self.params
        assert isinstance(params, VocoderRunParams)
        if not isinstance(codec, MelCodec):
            raise UserError(f"{root} holds pictures: a vocoder learns from sound")
        if found := differences(params.convention, codec.convention):
            raise UserError(f"{root} holds mel frames of another convention: {found}")
        if silent := [reader.name for reader in self.domains if not reader.domain.has_audio]:
            raise UserError(
                f"{root} keeps frames alone of {', '.join(silent)}: a vocoder learns from the "
                "sound too, so set keep_audio: true in the data set's block and prepare it again"
            )
        self.hop = codec.convention.hop

    def __call__(self, step: int) -> Vocoded:
        """Read frames and sound."""
        chunks = [
            reader.listen(index, drawing(self.seed, place), self.hop)
            for place, (reader, index) in zip(self.places(step), self.items(step), strict=True)
        ]
        frames, waves = zip(*chunks, strict=True)
        return Vocoded(
            self.to_device(np.stack(frames)).float().transpose(1, 2),
            self.to_device(np.stack(waves)),
        )


READERS: dict[type[Batch], Callable[..., "Reader[Any]"]] = {
    Paired: PairedReader,
    Unpaired: UnpairedReader,
    Labelled: LabelledReader,
    Vocoded: VocodedReader,
}
"""The reader of each kind of batch."""


def reader_of(
    store: Store,
    params: RunParams,
    *,
    seed: int,
    device: torch.device,
    rank: int = 0,
    world: int = 1,
) -> "Reader[Any]":
    """Make the reader of what a run reads; raise UserError where the store does not hold it."""
    kind = READERS[params.reads]
    return kind(store, params, seed=seed, device=device, rank=rank, world=world)


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

    def read(self, index: int, starts: np.random.Generator) -> Array:
        """Read a picture [H, W, C], or a chunk [crop, M] that begins anywhere in the clip."""
        if self.domain.lengths is None or self.crop is None:
            return self.domain.row(index)
        return self.domain.chunk(index, self._start(index, starts), self.crop)

    def listen(self, index: int, starts: np.random.Generator, hop: int) -> tuple[Array, Array]:
        """Read a chunk [crop, M] that begins anywhere in the clip, and its sound [crop * hop]."""
        assert self.crop is not None
        start = self._start(index, starts)
        chunk = self.domain.chunk(index, start, self.crop)
        return chunk, self.domain.wave(index, start * hop, self.crop * hop)

    def _start(self, index: int, starts: np.random.Generator) -> int:
        assert self.domain.lengths is not None
        assert self.crop is not None
        return int(starts.integers(int(self.domain.lengths[index]) - self.crop + 1))


def dataset_spec(store: Store, params: RunParams) -> DatasetSpec:
    """Describe what a run's networks are built from.

    Labelled sound has the width of its chunks; of several domains, each is a class.
    """
    specs = {name: store.codec.spec(name) for name in params.domains}
    if params.reads is not Labelled:
        return DatasetSpec(specs=specs, classes=store.meta.classes)
    if params.crop is not None:
        specs = {
            name: spec.model_copy(update={"width": params.crop}) if spec.width is None else spec
            for name, spec in specs.items()
        }
    several = len(params.domains) > 1
    return DatasetSpec(specs=specs, classes=params.domains if several else store.meta.classes)


def drawing(seed: int, place: int) -> np.random.Generator:
    """Make what the chunk at ``place`` is drawn from: the same however many processes share it."""
    return np.random.Generator(np.random.Philox(key=[seed, place]))


@lru_cache(maxsize=8)  # this epoch's orders, and the next one's where a batch crosses over
def shuffled(seed: int, order: int, epoch: int, count: int) -> Array:
    """Draw a permutation of ``count`` items."""
    return np.random.Generator(np.random.Philox(key=[seed, (order << 40) + epoch])).permutation(
        count
    )
