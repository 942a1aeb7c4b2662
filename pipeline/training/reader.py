"""The base of every batch kind's reader."""

from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Generic

import numpy as np
import torch
from torch import Tensor

from pipeline.datasets.source import Array
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.methods.base import BatchT, RunParams
from pipeline.training.domain_reader import DomainReader, shuffled


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
    def items(self, step: int) -> list[tuple[DomainReader, int]]:
        """List which item of which domain each part of the batch of ``step`` is."""

    def names(self, step: int) -> list[str]:
        """Name each item in the batch of ``step``: ``domain/key``."""
        return [f"{reader.name}/{reader.domain.keys[index]}" for reader, index in self.items(step)]

    def places(self, step: int) -> range:
        """Return the places of this process's share of a step, on the endless walk over the
        data."""
        count = self.params.batch * self.params.batches_per_step
        return range(step * count + self.rank, (step + 1) * count)[:: self.world]

    def index(self, reader: DomainReader, place: int, order: int) -> int:
        """Find the item at ``place`` of an endless walk over shuffled items, none twice an
        epoch."""
        epoch, offset = divmod(place, len(reader.usable))
        items = self.shuffled(self.seed, order, epoch, len(reader.usable))
        return int(reader.usable[items[offset]])

    def to_sample(self, reader: DomainReader, rows: list[Array]) -> Tensor:
        """Turn stored rows into samples [N, C, H, W] by a domain's statistics."""
        return self.store.codec.to_sample(self.to_device(np.stack(rows)), reader.name)

    def to_device(self, array: Array) -> Tensor:
        """Copy an array to the device."""
        tensor = torch.from_numpy(array)
        if self.device.type == "cuda":
            tensor = tensor.pin_memory()  # or the copy would wait for the device
        return tensor.to(self.device, non_blocking=True)


class SeveralDomainsReader(Reader[BatchT], ABC):
    """Reads any number of domains in turn."""

    @property
    def turns(self) -> int:
        """All domains, in turn."""
        return len(self.domains)

    def items(self, step: int) -> list[tuple[DomainReader, int]]:
        """List the items in turn."""
        found = []
        for place in self.places(step):
            turn, number = divmod(place, len(self.domains))
            reader = self.domains[number]
            found.append((reader, self.index(reader, turn, number)))
        return found
