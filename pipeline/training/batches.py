"""Batches as a function of (seed, step): no loader state, so resuming is exact."""

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from pipeline.codecs import MelCodec
from pipeline.datasets.source import Array
from pipeline.datasets.store import Domain, Store
from pipeline.errors import UserError
from pipeline.inference.vocoders import differences
from pipeline.methods.base import RunParams, VocoderRunParams
from pipeline.samples import Batch, Labelled, Pair, Vocoded


class Batches:
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
        """Raises UserError where the store does not hold what the run reads."""
        if params.batch % world:
            raise UserError(f"a batch of {params.batch} does not divide among {world} processes")
        self.store, self.params = store, params
        self.seed, self.device = seed, device
        self.rank, self.world = rank, world
        split = split_of(store, params)
        self.readers = [
            DomainReader(store.domain(split, name), name, params, f"{store.root}/{split}")
            for name in params.domains
        ]
        if params.reads == "aligned" and not store.aligned(split, *params.domains):
            raise UserError(
                f"{store.root}: {' and '.join(params.domains)} are not aligned in '{split}': a "
                "model that learns from pairs needs the same names in both domains"
            )
        if isinstance(params, VocoderRunParams):
            check_sound(store, params, self.readers)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the samples that training sees."""
        spec = self.store.codec.spec(self.params.domains[0])
        if spec.width is None:  # sound, whose crop the readers made sure of
            return spec.height, self.params.crop or 0
        side = self.params.crop or self.params.resize
        return side or spec.height, side or spec.width

    def __call__(self, step: int) -> Batch:
        """The batch of ``step`` (this process's share of it), on the device."""
        places = self._places(step)
        if self.params.reads == "labelled":
            return self._labelled(places)
        if self.params.reads == "vocoded":
            return self._vocoded(places)
        a, b = self.readers
        order_b = 0 if self.params.reads == "aligned" else 1
        return Pair(self._read(a, places, 0), self._read(b, places, order_b))

    def names(self, step: int) -> list[str]:
        """``domain/key`` of each item in the batch of ``step``."""
        places = self._places(step)
        if self.params.reads in ("labelled", "vocoded"):
            turns = [divmod(place, len(self.readers)) for place in places]
            found = [(self.readers[number], turn, number) for turn, number in turns]
        else:
            b = 0 if self.params.reads == "aligned" else 1
            found = [(self.readers[0], place, 0) for place in places]
            found += [(self.readers[1], place, b) for place in places]
        return [
            f"{reader.name}/{reader.domain.keys[self._index(reader, place, order)]}"
            for reader, place, order in found
        ]

    def _places(self, step: int) -> range:
        """The places of this process's share of a step, on the endless walk through the data."""
        places = range(step * self.params.batch + self.rank, (step + 1) * self.params.batch)
        return places[:: self.world]

    def _read(self, reader: "DomainReader", places: range, order: int) -> Tensor:
        rows = [
            reader.read(self._index(reader, place, order), drawing(self.seed, place))
            for place in places
        ]
        return self._to_sample(reader, rows)

    def _labelled(self, places: range) -> Labelled:
        """Items of one domain with their classes, or of several, in turn, with the domain's."""
        rows: list[Tensor] = []
        labels: list[int] = []
        several = len(self.readers) > 1
        for place in places:
            number = place % len(self.readers)
            reader = self.readers[number]
            index = self._index(reader, place // len(self.readers), number)
            # One domain's statistics for all that a classifier hears: standardised each by its own, two
            # speakers would lose just what tells them apart.
            standard = self.readers[0] if is_classifier(self.params) else reader
            rows.append(self._to_sample(standard, [reader.read(index, drawing(self.seed, place))]))
            labels.append(number if several else int(reader.domain.labels[index]))
        return Labelled(torch.cat(rows), torch.tensor(labels, device=self.device))

    def _vocoded(self, places: range) -> Vocoded:
        """Windows of the clips of one domain, or of several in turn, with their sound."""
        codec = self.store.codec
        assert isinstance(codec, MelCodec)
        frames: list[Array] = []
        waves: list[Array] = []
        for place in places:
            turn, number = divmod(place, len(self.readers))
            reader = self.readers[number]
            index = self._index(reader, turn, number)
            window, wave = reader.listen(index, drawing(self.seed, place), codec.convention.hop)
            frames.append(window)
            waves.append(wave)
        return Vocoded(
            self._to_device(np.stack(frames)).float().transpose(1, 2),
            self._to_device(np.stack(waves)),
        )

    def _index(self, reader: "DomainReader", place: int, order: int) -> int:
        """The item at ``place`` of an endless walk over shuffled items, none twice an epoch."""
        epoch, offset = divmod(place, len(reader.usable))
        return int(reader.usable[shuffled(self.seed, order, epoch, len(reader.usable))[offset]])

    def _to_sample(self, reader: "DomainReader", rows: list[Array]) -> Tensor:
        return self.store.codec.to_sample(self._to_device(np.stack(rows)), reader.name)

    def _to_device(self, array: Array) -> Tensor:
        tensor = torch.from_numpy(array)
        if self.device.type == "cuda":
            tensor = tensor.pin_memory()  # or the copy would wait for the device
        return tensor.to(self.device, non_blocking=True)


class DomainReader:
    """Reads items, or windows of ``crop`` frames of clips, of one domain."""

    def __init__(self, domain: Domain, name: str, params: RunParams, place: str) -> None:
        """Raises UserError where sound has no window's length, or nothing is large enough."""
        crop = params.crop
        self.domain, self.name, self.crop = domain, name, crop
        self.usable = np.arange(len(domain))
        if domain.lengths is not None:
            if crop is None:
                raise UserError(f"{place}: sound needs 'crop', the frames of a training window")
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
        """A picture [H, W, C], or a window [crop, M] that begins anywhere in the clip."""
        if self.domain.lengths is None or self.crop is None:
            return self.domain.row(index)
        return self.domain.window(index, self._start(index, starts), self.crop)

    def listen(self, index: int, starts: np.random.Generator, hop: int) -> tuple[Array, Array]:
        """A window [crop, M] that begins anywhere in the clip, and its sound [crop * hop]."""
        assert self.crop is not None
        start = self._start(index, starts)
        window = self.domain.window(index, start, self.crop)
        return window, self.domain.wave(index, start * hop, self.crop * hop)

    def _start(self, index: int, starts: np.random.Generator) -> int:
        assert self.domain.lengths is not None
        assert self.crop is not None
        return int(starts.integers(int(self.domain.lengths[index]) - self.crop + 1))


def check_sound(store: Store, params: VocoderRunParams, readers: list["DomainReader"]) -> None:
    """Raises UserError where the store does not hold what a vocoder learns from."""
    if not isinstance(store.codec, MelCodec):
        raise UserError(f"{store.root} holds pictures: a vocoder learns from sound")
    if found := differences(params.convention, store.codec.convention):
        raise UserError(f"{store.root} holds mel frames of another convention: {found}")
    if silent := [reader.name for reader in readers if not reader.domain.has_audio]:
        raise UserError(
            f"{store.root} keeps frames alone of {', '.join(silent)}: a vocoder learns from the "
            "sound too, so set keep_audio: true in the data set's block and prepare it again"
        )


def split_of(store: Store, params: RunParams) -> str:
    """``classifier`` where the store has such a split for a classifier's domains, else ``train``."""
    return (
        "classifier"
        if is_classifier(params) and store.has("classifier", *params.domains)
        else "train"
    )


def is_classifier(params: RunParams) -> bool:
    """Whether a run trains a classifier."""
    from pipeline.methods import ClassifierParams

    return isinstance(params, ClassifierParams)


def drawing(seed: int, place: int) -> np.random.Generator:
    """What the window at ``place`` is drawn from: the same however many processes share a batch."""
    return np.random.Generator(np.random.Philox(key=[seed, place]))


@lru_cache(maxsize=8)  # this epoch's orders, and the next one's where a batch crosses over
def shuffled(seed: int, order: int, epoch: int, count: int) -> Array:
    """A permutation of ``count`` items."""
    return np.random.Generator(np.random.Philox(key=[seed, (order << 40) + epoch])).permutation(
        count
    )
