"""Batches as a function of (seed, step), one reader a batch kind: no state, so resuming is
exact."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Generic

import numpy as np
import torch
from torch import Tensor

from pipeline.codecs import SoundCodec
from pipeline.conventions import differences
from pipeline.datasets.factors import Category
from pipeline.datasets.near_names import near_words
from pipeline.datasets.source import Array
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.methods.base import BatchT, RunParams
from pipeline.methods.runs import VocoderRunParams
from pipeline.samples import UNKNOWN, Batch, Labelled, Paired, Unpaired, Vocoded
from pipeline.training.domain_reader import DomainReader, shuffled
from pipeline.training.known_labels import ORDER as KNOWN_ORDER
from pipeline.training.known_labels import choose_labelled


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
        domains = {name: store.domain(self.split, name) for name in params.domains}
        try:
            params.check_data(store.spec)
        except ValueError as error:
            raise UserError(f"{store.root}: {error}") from error
        self.domains = [
            DomainReader(domain, name, params.crop, f"{store.root}/{self.split}/{name}")
            for name, domain in domains.items()
        ]
        for reader in self.domains:
            if (share := -(-params.batch // self.turns)) > reader.count:
                raise UserError(
                    f"a batch of {params.batch} takes {share} {reader.unit} of '{reader.name}', "
                    f"but {store.root} has {reader.count} of them in '{self.split}': set batch to "
                    f"{reader.count * self.turns} or less"
                )
        # This epoch's orders, and the next one's where a batch crosses over.
        self.shuffled = lru_cache(maxsize=2 * len(self.domains))(shuffled)
        self.check()

    def check(self) -> None:
        """Raise UserError where the store's domains do not fit the batch kind."""

    @property
    def turns(self) -> int:
        """Number of domains that a batch is divided among."""
        return 1

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
        items = self.shuffled(self.seed, order, epoch, len(reader.usable))
        return int(reader.usable[items[offset]])

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
        places = self.places(step)
        rows = [
            reader.read(index, self.seed, place)
            for place, (reader, index) in zip([*places, *places], self.items(step), strict=True)
        ]
        a, b = self.domains
        return self.to_sample(a, rows[: len(places)]), self.to_sample(b, rows[len(places) :])


class PairedReader(TwoDomainReader[Paired]):
    """Reads aligned pairs: the same item, and the same chunk, of both domains."""

    order_b = 0

    def check(self) -> None:
        """Raise UserError where the domains are not aligned, or their clips differ in length."""
        a, b = self.domains
        if not self.store.aligned(self.split, *self.params.domains):
            near = near_words(a.domain.keys, b.domain.keys)
            raise UserError(
                f"{self.store.root}: {' and '.join(self.params.domains)} are not aligned in "
                f"'{self.split}': a model that learns from pairs needs the same names in both "
                "domains" + (f". {near}" if near else "")
            )
        length_a, length_b = a.domain.lengths, b.domain.lengths
        if length_a is not None and length_b is not None and any(length_a != length_b):
            raise UserError(
                f"{self.store.root}: the clips of {a.name} and {b.name} differ in length in "
                f"'{self.split}': a model that learns from pairs needs sound that runs in step"
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

    @property
    def turns(self) -> int:
        """All domains, in turn."""
        return len(self.domains)

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

    def check(self) -> None:
        """Raise UserError where a domain does not know a factor that the run asks for."""
        for reader in self.domains:
            for name in self.params.factors:
                reader.domain.factors[name]
        categories = {
            name: factor.names if isinstance(factor, Category) else ()
            for name, factor in self.store.factors.items()
        }
        try:
            self.params.check_factors(categories)
        except ValueError as error:
            raise UserError(f"{self.store.root}: {error}") from error
        self.known: list[tuple[DomainReader, int]] = []
        if self.params.labels_read is not None:
            self.known = self.labelled_items(self.params.labels_read)

    def labelled_items(self, count: int) -> list[tuple["DomainReader", int]]:
        """List the items whose labels are read; raise UserError where there are fewer."""
        every = [(reader, int(i)) for reader in self.domains for i in reader.usable]
        labels = np.array([self.label_of(*item) for item in every])
        try:
            return [every[place] for place in choose_labelled(labels, count, self.seed)]
        except ValueError as error:
            raise UserError(f"{self.store.root}: {error}") from error

    def label_of(self, reader: "DomainReader", index: int) -> int:
        """Return an item's class: its own, or, of several domains, its domain's number."""
        several = len(self.domains) > 1
        return self.domains.index(reader) if several else int(reader.domain.labels[index])

    def items(self, step: int) -> list[tuple["DomainReader", int]]:
        """List the items in turn; where few labels are read, every second is one of those."""
        if not self.known:
            return super().items(step)
        found = []
        for number, place in enumerate(self.walk(step)):
            if number % 2:
                turn, domain = divmod(place, len(self.domains))
                reader = self.domains[domain]
                found.append((reader, self.index(reader, turn, domain)))
            else:
                epoch, offset = divmod(place, len(self.known))
                order = shuffled(self.seed, KNOWN_ORDER, epoch, len(self.known))
                found.append(self.known[order[offset]])
        return found

    def walk(self, step: int) -> list[int]:
        """List the places of a step on two endless walks, of known labels and of all, in turns."""
        first, share = step * self.params.batch, self.params.batch // self.world
        return [
            first + number * self.world + self.rank for number in range(share) for _ in range(2)
        ]

    def __call__(self, step: int) -> Labelled:
        """Read samples and labels, and the factors that the run asks for."""
        rows: list[Array] = []
        readers: list[DomainReader] = []
        labels: list[int] = []
        factors: list[list[float]] = []
        for place, (reader, index) in zip(self.places(step), self.items(step), strict=True):
            known = reader.domain.factors
            factors.append([float(known[name][index]) for name in self.params.factors])
            rows.append(reader.read(index, self.seed, place))
            readers.append(reader)
            hidden = bool(self.known) and len(labels) % 2 == 1
            labels.append(UNKNOWN if hidden else self.label_of(reader, index))
        asked = torch.tensor(factors, device=self.device) if self.params.factors else None
        x = self.standardised(readers, rows)
        return Labelled(x, torch.tensor(labels, device=self.device), asked)

    def standardised(self, readers: list["DomainReader"], rows: list[Array]) -> Tensor:
        """Turn rows into samples [N, C, H, W], each by its own domain's statistics or all by the
        first domain's."""
        if len(self.domains) == 1 or not self.params.own_statistics:
            parts = [self.to_sample(self.domains[0], rows)]
        else:
            pairs = zip(readers, rows, strict=True)
            parts = [self.to_sample(reader, [row]) for reader, row in pairs]
        return torch.cat(parts)  # of one part, too: codecs transpose, and this lays it out anew


class VocodedReader(SeveralDomainsReader[Vocoded]):
    """Reads chunks of clips with their sound."""

    def check(self) -> None:
        """Raise UserError where the store does not hold what a vocoder learns from."""
        root, codec, params = self.store.root, self.store.codec, self.params
        assert isinstance(params, VocoderRunParams)
        assert isinstance(codec, SoundCodec)
        if found := differences(params.convention, codec.convention):
            raise UserError(f"{root} holds frames of another convention: {found}")
        if silent := [reader.name for reader in self.domains if not reader.domain.has_audio]:
            raise UserError(
                f"{root} keeps frames alone of {', '.join(silent)}: a vocoder learns from the "
                "sound too, so set keep_audio: true in the data set's block and prepare it again"
            )
        self.hop = codec.convention.hop

    def __call__(self, step: int) -> Vocoded:
        """Read frames and sound."""
        chunks = [
            reader.listen(index, self.seed, place, self.hop)
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
