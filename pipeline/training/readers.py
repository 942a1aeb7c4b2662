"""Batches as a function of (seed, step), one reader a batch kind: no state, so resuming is
exact."""

from abc import ABC
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.codecs import SoundCodec
from pipeline.conventions import differences
from pipeline.datasets.near_names import near_words
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.methods.base import BatchT, RunParams
from pipeline.methods.runs import VocoderRunParams
from pipeline.samples import Batch, Labelled, Paired, Unpaired, Vocoded
from pipeline.training.domain_reader import DomainReader
from pipeline.training.labelled_reader import LabelledReader
from pipeline.training.reader import Reader, SeveralDomainsReader


class TwoDomainReader(Reader[BatchT], ABC):
    """Reads two domains side by side."""

    order_b: int
    """Number of the second domain's shuffling; the first has 0."""

    def items(self, step: int) -> list[tuple[DomainReader, int]]:
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
