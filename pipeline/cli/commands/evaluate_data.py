"""A user's folder as the prepared store that a finished model is evaluated on.

It is read in the model's own codec (the size of its pictures, or the mel convention, the level and
each speaker's statistics), so that numbers mean what they mean for the model.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from pipeline.block import Block, Count
from pipeline.cli.commands.evaluate_domains import Half, Place, View
from pipeline.codecs import Codec, ImageCodec, MelCodec
from pipeline.datasets.folders import load_half, load_square, load_view
from pipeline.datasets.layouts import Split, key_of, listed
from pipeline.datasets.prepare import prepare
from pipeline.datasets.recordings import RecordingParams
from pipeline.datasets.source import Array, DomainMoments, Item, PictureParams, Source
from pipeline.datasets.store import Domain, Sealed, Store
from pipeline.datasets.survey.files import ENDINGS, Kind

Loader = Callable[[Path], Array]


class Part(Block):
    """The files of one split and domain."""

    folder: str
    half: Half | None = None
    view: View | None = None


Parts = dict[Split, dict[str, Part]]


class PicturesOf(PictureParams):
    """Pictures in folders, as a finished model reads them."""

    parts: Parts
    known: ImageCodec
    limit: Count | None = None

    @property
    def channels(self) -> dict[str, int]:
        """Those of the model's domains."""
        return self.known.channels

    def source(self) -> Source:
        """Return the centred square of each picture, of a half of it or of a view of it."""
        return items_of(self.parts, "pictures", self.limit, self._loader)

    def codec(self, moments: dict[str, DomainMoments]) -> ImageCodec:
        """Return the model's."""
        return self.known

    def _loader(self, domain: str, part: Part) -> Loader:
        if part.half is None:
            load = partial(load_square, self.size)
        else:
            load = partial(load_half, self.size, part.half)
        if part.view is not None:
            return partial(viewed, part.view, load)
        return load if self.channels[domain] > 1 else partial(viewed, "grey", load)


class SoundsOf(RecordingParams):
    """Recordings in folders, as a finished model hears them."""

    parts: Parts
    known: MelCodec
    limit: Count | None = None

    @property
    def domain_names(self) -> tuple[str, ...]:
        """The model's speakers."""
        return tuple(sorted(self.known.domains))

    def source(self) -> Source:
        """Return each recording, mono, at the model's rate, trimmed and levelled."""
        return items_of(self.parts, "sounds", self.limit, lambda *_: self.load_recording)

    def codec(self, moments: dict[str, DomainMoments]) -> MelCodec:
        """Return the model's."""
        return self.known


def viewed(view: View, load: Loader, path: Path) -> Array:
    """Load uint8 [S, S, 1]: what ``view`` makes of the picture that ``load`` gives."""
    return load_view(view, partial(load, path))


def items_of(
    parts: Parts, kind: Kind, limit: int | None, loader: Callable[[str, Part], Loader]
) -> Source:
    """List the files of all parts, of ``test`` the `first` ``limit`` of each domain.

    Raises UserError where a folder holds none.
    """
    folders = sorted({part.folder for domains in parts.values() for part in domains.values()})
    contents = {folder: listed(Path(folder), ENDINGS[kind]) for folder in folders}
    items: dict[str, dict[str, list[Item]]] = {
        split: {
            domain: [
                Item(
                    key_of(file, Path(part.folder)), partial(loader(domain, part), file), file=file
                )
                for file in contents[part.folder].files
            ]
            for domain, part in domains.items()
        }
        for split, domains in parts.items()
    }
    if limit is not None:
        items["test"] = first(items["test"], limit)
    notes = [f"{folder}: {line}" for folder, of in contents.items() for line in of.passed_over()]
    return Source(items, notes=tuple(notes))


def first(domains: Mapping[str, list[Item]], limit: int) -> dict[str, list[Item]]:
    """Take the first ``limit`` items of each domain by name; those that all have come first, for
    they are pairs, or the same sentence.
    """
    shared = set.intersection(*({item.key for item in items} for items in domains.values()))
    return {
        domain: sorted(items, key=lambda item: item.key not in shared)[:limit]
        for domain, items in domains.items()
    }


def prepare_places(
    places: Mapping[str, Place], codec: Codec, out: Path, limit: int | None = None
) -> Store:
    """Prepare the files of a model's domains to ``out``, in its codec.

    Raises UserError where folders are empty and, with all of them listed at once, where files are
    damaged, or pictures smaller than the model's.
    """
    parts: Parts = {"train": {}, "test": {}}  # a store without references has an empty split
    for domain, place in places.items():
        parts["test"][domain] = part_of(place.test, place)
        if place.train is not None:
            parts["train"][domain] = part_of(place.train, place)
    params: PicturesOf | SoundsOf
    if isinstance(codec, ImageCodec):
        params = PicturesOf(size=codec.size, parts=parts, known=codec, limit=limit)
    else:
        params = SoundsOf(
            convention=codec.convention, level=codec.level, parts=parts, known=codec, limit=limit
        )
    prepare(params, out)
    return Store(out)


def part_of(folder: Path, place: Place) -> Part:
    """Return the part of a store that lies in ``folder``."""
    return Part(folder=str(folder), half=place.half, view=place.view)


class StoreAs(Store):
    """A prepared store with domains under a model's names, in its codec, and fewer test items."""

    def __init__(
        self, store: Store, names: Mapping[str, str], codec: Codec, limit: int | None = None
    ) -> None:
        """Show domains of ``store`` by other names: the model's -> the store's."""
        self.root = store.root
        self._store, self._names, self._limit = store, names, limit
        domains: dict[str, dict[str, Sealed]] = {
            split: {
                ours: self._first(split, there[theirs])
                for ours, theirs in names.items()
                if theirs in there
            }
            for split, there in store.meta.domains.items()
        }
        self.meta = store.meta.model_copy(update={"codec": codec, "domains": domains})

    def domain(self, split: str, name: str) -> Domain:
        """Return one split and domain; raise UserError with what there is instead."""
        count = self._sealed(split, name).count
        whole = self._store.domain(split, self._names[name])
        return whole if count == len(whole) else FirstItems(whole.folder, count, self.meta.factors)

    def _first(self, split: str, whole: Sealed) -> Sealed:
        """Seal the first items of a domain, where there are more than are wanted."""
        if split != "test" or self._limit is None or whole.count <= self._limit:
            return whole
        # Of equal domains the same items are left, so what was aligned stays so.
        content, keys = (digest(text, self._limit) for text in (whole.content, whole.keys))
        return Sealed(count=self._limit, content=content, keys=keys)


class FirstItems(Domain):
    """The first items of one split and domain."""

    @property
    def keys(self) -> list[str]:
        """The key of each item."""
        return super().keys[: len(self)]


def digest(whole: str, limit: int) -> str:
    """Compute the SHA-256 of the first items of what has a digest."""
    return hashlib.sha256(f"{whole} {limit}".encode()).hexdigest()
