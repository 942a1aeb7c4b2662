"""The prepared store: memory-mapped arrays, a folder for each split and domain.

    <store>/meta.json                         format, codec, classes, factors, counts and digests
    <store>/<split>/<domain>/items.tsv        key, label, rows; source file's bytes and SHA-256
    <store>/<split>/<domain>/labels.npy       class of each item
    <store>/<split>/<domain>/factors.npy      a column for each factor, where there are any: numbers
                                              float64, indices of categories int64
    <store>/<split>/<domain>/shard-00000.npy  pictures uint8 [n, H, W, C], or frames float16 [F, M]
    <store>/<split>/<domain>/lengths.npy      sound only: frames of each clip
    <store>/<split>/<domain>/audio/00000.flac sound only: the clips themselves, in ``test`` for
                                              evaluation, elsewhere where ``keep_audio`` asks

Random access costs no decoding, and memory stays flat whatever the size.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from pipeline.block import Block
from pipeline.codecs import Codec
from pipeline.datasets.factor_table import TABLE
from pipeline.datasets.factors import ByFactor, Factor, FactorName, Value
from pipeline.datasets.source import Array
from pipeline.errors import UserError
from pipeline.samples import DatasetSpec
from pipeline.system.json_files import read_json
from pipeline.system.memory import read_at_random


class Sealed(Block):
    """A domain that is whole."""

    count: int = Field(ge=0, lt=2**63)
    content: str
    """SHA-256 over the stored arrays, items.tsv and the factors."""
    keys: str
    """SHA-256 over the keys: equal where domains are aligned."""


class Meta(Block):
    """The content of meta.json."""

    format: Literal[2] = 2
    codec: Codec
    classes: tuple[str, ...]
    factors: dict[FactorName, Factor] = Field(default_factory=dict)
    """Name -> type of what is known of every item."""
    excluded: dict[FactorName, str] = Field(default_factory=dict)
    """Factor -> value of the combination that was left out of ``train``."""
    domains: dict[str, dict[str, Sealed]]
    """Split -> domain -> what it holds."""

    @model_serializer(mode="wrap")
    def _without_what_is_empty(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave ``excluded`` out where nothing was: such a store has the bytes that it had."""
        content: dict[str, Any] = write(self)
        if not self.excluded:
            del content["excluded"]
        return content

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if "train" not in self.domains:
            raise ValueError("domains: found no split 'train'")
        named = {name for split in self.domains.values() for name in split}
        if unknown := sorted(named - self.codec.domains):
            raise ValueError(f"codec: found no domain '{unknown[0]}'")
        return self

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Split -> domain -> number of items."""
        return {s: {d: sealed.count for d, sealed in ds.items()} for s, ds in self.domains.items()}


class Domain:
    """The items of one split and domain."""

    def __init__(self, folder: Path, count: int, factors: Mapping[str, Factor]) -> None:
        """Open ``folder``, which has ``count`` items, with ``factors`` of these types."""
        self.folder, self._count, self._types = folder, count, factors
        shards = sorted(folder.glob("shard-*.npy"))
        self._shards: list[Array] = [np.load(shard, mmap_mode="r") for shard in shards]
        read_at_random(self._shards)
        self._starts = [0, *np.cumsum([len(shard) for shard in self._shards]).tolist()]

    def __len__(self) -> int:
        return self._count

    @cached_property
    def keys(self) -> list[str]:
        """The key of each item; domains with equal keys are aligned."""
        with (self.folder / "items.tsv").open(encoding="utf-8") as table:
            return [line.split("\t", 1)[0] for line in table]

    @cached_property
    def labels(self) -> Array:
        """Class indices int64 [N]."""
        labels: Array = np.load(self.folder / "labels.npy", mmap_mode="r")
        return labels

    @cached_property
    def factors(self) -> ByFactor[Array]:
        """Name -> values of all items, [N] and memory-mapped: float64 numbers, or int64 indices
        into a category's names.

        ``[name]`` raises UserError where the data set has no such factor.
        """
        if not self._types:
            return ByFactor({}, self.folder)
        table: Array = np.load(self.folder / TABLE, mmap_mode="r")
        return ByFactor({name: table[name] for name in self._types}, self.folder)

    def factors_of(self, index: int) -> dict[str, Value]:
        """Return what is known of one item: numbers, and the names of categories' values."""
        return {
            name: factor.decode(self.factors[name][index]) for name, factor in self._types.items()
        }

    @cached_property
    def lengths(self) -> Array | None:
        """Frames of each clip int64 [N]; None for pictures."""
        path = self.folder / "lengths.npy"
        return np.load(path, mmap_mode="r") if path.exists() else None

    @cached_property
    def _offsets(self) -> Array:
        assert self.lengths is not None
        return np.concatenate([[0], np.cumsum(self.lengths)])

    def row(self, index: int) -> Array:
        """Read row ``index`` of all shards in a row: a picture [H, W, C], or one frame [M]."""
        shard = bisect_right(self._starts, index) - 1
        row: Array = self._shards[shard][index - self._starts[shard]]
        return row

    def item(self, index: int) -> Array:
        """Return a whole item: a picture [H, W, C], or the frames [T, M] of a clip."""
        if self.lengths is None:
            return self.row(index)
        return self.chunk(index, 0, int(self.lengths[index]))

    def chunk(self, index: int, start: int, frames: int) -> Array:
        """Read frames ``start`` to ``start + frames`` of clip ``index``: [frames, M]."""
        first = int(self._offsets[index]) + start
        shard = bisect_right(self._starts, first) - 1  # a clip never crosses two shards
        at = first - self._starts[shard]
        return self._shards[shard][at : at + frames]

    def audio(self, index: int) -> Path:
        """Return the file with clip ``index`` itself (where sound is kept)."""
        return self.folder / "audio" / f"{index:05d}.flac"

    @property
    def has_audio(self) -> bool:
        """True: the clips themselves are kept."""
        return self.audio(0).exists()

    def wave(self, index: int, start: int = 0, samples: int = -1) -> Array:
        """Read samples ``start`` to ``start + samples`` of clip ``index``, or all: float32
        [samples]."""
        import soundfile

        with soundfile.SoundFile(self.audio(index)) as file:
            file.seek(start)
            wave: Array = file.read(samples, dtype="float32")
        return wave


class Subset(Domain):
    """Some items of one split and domain, in an order of their own."""

    def __init__(self, whole: Domain, indices: Sequence[int]) -> None:
        """Show the items of ``whole`` at ``indices``, each by its place among them."""
        super().__init__(whole.folder, len(indices), whole._types)
        self._whole, self._indices = whole, np.asarray(indices, np.int64)

    @cached_property
    def keys(self) -> list[str]:
        """The key of each item."""
        return [self._whole.keys[index] for index in self._indices]

    @cached_property
    def labels(self) -> Array:
        """Class indices int64 [N]."""
        labels: Array = self._whole.labels[self._indices]
        return labels

    @cached_property
    def factors(self) -> ByFactor[Array]:
        """Name -> values of the items, [N], as `Domain.factors` has them."""
        whole = self._whole.factors
        return ByFactor({name: whole[name][self._indices] for name in whole}, self.folder)

    @cached_property
    def lengths(self) -> Array | None:
        """Frames of each clip int64 [N]; None for pictures."""
        whole = self._whole.lengths
        return None if whole is None else whole[self._indices]

    def row(self, index: int) -> Array:
        """Read a picture [H, W, C]; sound has rows that are no items, so `chunk` reads it."""
        return self._whole.row(int(self._indices[index]))

    def chunk(self, index: int, start: int, frames: int) -> Array:
        """Read frames ``start`` to ``start + frames`` of clip ``index``: [frames, M]."""
        return self._whole.chunk(int(self._indices[index]), start, frames)

    def audio(self, index: int) -> Path:
        """Return the file with clip ``index`` itself (where sound is kept)."""
        return self._whole.audio(int(self._indices[index]))


class Store:
    """A prepared data set on disk."""

    def __init__(self, root: Path) -> None:
        """Raise UserError where ``root`` is no prepared store."""
        self.root = root
        path = root / "meta.json"
        if not path.is_file():
            raise UserError(f"expected a prepared data set at {root}: prepare it first")
        try:
            self.meta = Meta.model_validate(read_json(path))
        except ValidationError as error:
            raise UserError(f"{path} was written by another version: prepare it again") from error
        except ValueError as error:
            raise UserError(f"{path} is not what was prepared: {error}") from error

    @property
    def codec(self) -> Codec:
        """Between stored arrays and samples."""
        return self.meta.codec

    @property
    def spec(self) -> DatasetSpec:
        """The domains to train on and the classes."""
        specs = {name: self.codec.spec(name) for name in self.meta.domains["train"]}
        return DatasetSpec(specs=specs, classes=self.meta.classes)

    @property
    def factors(self) -> ByFactor[Factor]:
        """Name -> type of the factors that every item has, in all splits and domains.

        ``[name]`` raises UserError where there is no such factor.
        """
        return ByFactor(self.meta.factors, self.root)

    @property
    def excluded(self) -> dict[str, str]:
        """Factor -> value of the combination that no item of ``train`` has; empty: none."""
        return dict(self.meta.excluded)

    def domain(self, split: str, name: str) -> Domain:
        """Return one split and domain; raise UserError with what there is instead."""
        count = self._sealed(split, name).count
        return Domain(self.root / split / name, count, self.meta.factors)

    def _sealed(self, split: str, name: str) -> Sealed:
        domains = self.meta.domains
        if name not in domains.get(split, {}):
            found = "; ".join(f"{s}: {', '.join(sorted(d))}" for s, d in sorted(domains.items()))
            raise UserError(f"{self.root} has no domain '{name}' in split '{split}', but {found}")
        return domains[split][name]

    def has(self, split: str, *domains: str) -> bool:
        """Tell whether the split holds all the domains."""
        return set(domains) <= set(self.meta.domains.get(split, {}))

    def aligned(self, split: str, a: str, b: str) -> bool:
        """Tell whether item i of one domain is item i of the other in another guise."""
        return self._sealed(split, a).keys == self._sealed(split, b).keys

    @property
    def fingerprint(self) -> str:
        """Changes with the prepared data; part of a checkpoint's key."""
        return hashlib.sha256(self.meta.model_dump_json().encode()).hexdigest()
