"""Samples with their classes, of some of which alone the labels may be read."""

import numpy as np
import torch
from torch import Tensor

from pipeline.datasets.factors import Category
from pipeline.datasets.source import Array
from pipeline.errors import UserError
from pipeline.samples import UNKNOWN, Labelled
from pipeline.training.domain_reader import DomainReader, shuffled
from pipeline.training.known_labels import ORDER as KNOWN_ORDER
from pipeline.training.known_labels import choose_labelled
from pipeline.training.reader import SeveralDomainsReader


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

    def labelled_items(self, count: int) -> list[tuple[DomainReader, int]]:
        """List the items whose labels are read; raise UserError where there are fewer."""
        every = [(reader, int(i)) for reader in self.domains for i in reader.usable]
        labels = np.array([self.label_of(*item) for item in every])
        try:
            return [every[place] for place in choose_labelled(labels, count, self.seed)]
        except ValueError as error:
            raise UserError(f"{self.store.root}: {error}") from error

    def label_of(self, reader: DomainReader, index: int) -> int:
        """Return an item's class: its own, or, of several domains, its domain's number."""
        several = len(self.domains) > 1
        return self.domains.index(reader) if several else int(reader.domain.labels[index])

    def items(self, step: int) -> list[tuple[DomainReader, int]]:
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

    def standardised(self, readers: list[DomainReader], rows: list[Array]) -> Tensor:
        """Turn rows into samples [N, C, H, W], each by its own domain's statistics or all by the
        first domain's."""
        if len(self.domains) == 1 or not self.params.own_statistics:
            parts = [self.to_sample(self.domains[0], rows)]
        else:
            pairs = zip(readers, rows, strict=True)
            parts = [self.to_sample(reader, [row]) for reader, row in pairs]
        return torch.cat(parts)  # of one part, too: codecs transpose, and this lays it out anew
