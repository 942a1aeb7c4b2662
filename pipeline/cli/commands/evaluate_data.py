"""A user's folder as the prepared store that a finished model is evaluated on.

It is read in the model's own codec (the size of its pictures, or the convention of frames, the
level and each speaker's statistics), so that numbers mean what they mean for the model.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipeline.block import Count
from pipeline.cli.commands.evaluate_domains import Half, Place
from pipeline.codecs import AnySoundCodec, Codec, ImageCodec, MelCodec, SoundCodec, WorldCodec
from pipeline.datasets.folders import (
    Loader,
    items_in,
    load_half,
    load_labels,
    load_square,
    load_view,
)
from pipeline.datasets.layouts import Split
from pipeline.datasets.prepare import prepare
from pipeline.datasets.recordings import RecordingParams
from pipeline.datasets.source import Array, DomainMoments, Item, PictureParams, Source
from pipeline.datasets.store import Domain, Sealed, Store, Subset
from pipeline.datasets.survey.files import ENDINGS, Kind
from pipeline.datasets.views import View

Folders = dict[Split, dict[str, Path]]


class PicturesOf(PictureParams):
    """Pictures in folders, as a finished model reads them."""

    folders: Folders
    halves: dict[str, Half]
    """Domain -> its half of each file, where the files hold two pictures."""
    views: dict[str, View]
    """Domain -> the view of each picture that it is, where it is one."""
    known: ImageCodec
    limit: Count | None = None

    @property
    def channels(self) -> dict[str, int]:
        """Those of the model's domains."""
        return self.known.channels

    def source(self) -> Source:
        """Return the centred square of each picture, of a half of it or of a view of it."""
        return items_of(self.folders, "pictures", self.limit, self._loader)

    def codec(self, moments: dict[str, DomainMoments]) -> ImageCodec:
        """Return the model's."""
        return self.known

    def _loader(self, domain: str) -> Loader:
        if domain in self.known.labels:
            labels = self.known.labels[domain]
            return partial(load_labels, self.size, labels, self.halves.get(domain))
        if domain in self.halves:
            load = partial(load_half, self.size, self.halves[domain])
        else:
            load = partial(load_square, self.size)
        if domain in self.views:
            return partial(viewed, self.views[domain], load)
        return load if self.channels[domain] > 1 else partial(viewed, "grey", load)


class SoundsOf(RecordingParams):
    """Recordings in folders, as a finished model hears them."""

    folders: Folders
    known: AnySoundCodec
    limit: Count | None = None

    @property
    def domain_names(self) -> tuple[str, ...]:
        """The model's speakers."""
        return tuple(sorted(self.known.domains))

    def source(self) -> Source:
        """Return each recording, mono, at the model's rate, trimmed and levelled."""
        return items_of(self.folders, "sounds", self.limit, lambda _: self.load_recording)

    def codec(self, moments: dict[str, DomainMoments]) -> MelCodec | WorldCodec:
        """Return the model's."""
        return self.known


def viewed(view: View, load: Loader, path: Path) -> Array:
    """Load uint8 [S, S, 1]: what ``view`` makes of the picture that ``load`` gives."""
    return load_view(view, partial(load, path))


def items_of(
    folders: Folders, kind: Kind, limit: int | None, loader: Callable[[str], Loader]
) -> Source:
    """List the files of `items_in`, of ``test`` the `first` ``limit`` of each domain."""
    found = items_in(folders, ENDINGS[kind], loader)
    if limit is None:
        return found
    return replace(found, items={**found.items, "test": first(found.items["test"], limit)})


def first(domains: Mapping[str, list[Item]], limit: int) -> dict[str, list[Item]]:
    """Take the `first_of` each domain's items by their keys."""
    keys = {domain: [item.key for item in items] for domain, items in domains.items()}
    return {
        domain: [domains[domain][index] for index in indices]
        for domain, indices in first_of(keys, limit, domains).items()
    }


def first_of(
    keys: Mapping[str, Sequence[str]], limit: int, own: Collection[str]
) -> dict[str, list[int]]:
    """Choose the first ``limit`` items of each domain, by their indices.

    Those that all of the model's ``own`` domains have come first, for they are pairs, or the same
    sentence.
    """
    shared = set.intersection(*(set(keys[domain]) for domain in own))
    return {
        domain: sorted(range(len(names)), key=lambda index: names[index] not in shared)[:limit]
        for domain, names in keys.items()
    }


def prepare_places(
    places: Mapping[str, Place], codec: Codec, out: Path, limit: int | None = None
) -> Store:
    """Prepare the files of a model's domains to ``out``, in its codec.

    Raises UserError where folders are empty and, with all of them listed at once, where files are
    damaged, or pictures smaller than the model's.
    """
    folders: Folders = {  # a store without references has an empty split
        "train": {name: at.train for name, at in places.items() if at.train is not None},
        "test": {name: at.test for name, at in places.items()},
    }
    params: PicturesOf | SoundsOf
    if isinstance(codec, ImageCodec):
        params = PicturesOf(
            size=codec.size,
            folders=folders,
            halves={name: at.half for name, at in places.items() if at.half is not None},
            views={name: at.view for name, at in places.items() if at.view is not None},
            known=codec,
            limit=limit,
        )
    else:
        assert isinstance(codec, SoundCodec)
        params = SoundsOf(
            convention=codec.convention,
            level=codec.level,
            folders=folders,
            known=codec,
            limit=limit,
        )
    prepare(params, out)
    return Store(out)


class StoreAs(Store):
    """A prepared store with domains under a model's names, in its codec, and fewer test items."""

    def __init__(
        self,
        store: Store,
        names: Mapping[str, str],
        codec: Codec,
        chosen: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        """Show domains of ``store`` by other names: the model's -> the store's.

        ``chosen``: domain, by the model's name -> indices of its test items; others keep all.
        """
        self.root = store.root
        self._store, self._names = store, names
        counts = store.meta.counts.get("test", {})
        self._chosen = {
            name: indices
            for name, indices in (chosen or {}).items()
            if list(indices) != list(range(counts[names[name]]))
        }
        domains: dict[str, dict[str, Sealed]] = {
            split: {
                ours: self._seal(split, ours, there[theirs])
                for ours, theirs in names.items()
                if theirs in there
            }
            for split, there in store.meta.domains.items()
        }
        self.meta = store.meta.model_copy(update={"codec": codec, "domains": domains})

    def domain(self, split: str, name: str) -> Domain:
        """Return one split and domain; raise UserError with what there is instead."""
        self._sealed(split, name)
        whole = self._store.domain(split, self._names[name])
        return Subset(whole, self._chosen[name]) if self._cuts(split, name) else whole

    def _seal(self, split: str, name: str, whole: Sealed) -> Sealed:
        """Seal the chosen items of a domain; what has equal keys afterwards is aligned."""
        if not self._cuts(split, name):
            return whole
        chosen = self._chosen[name]
        keys = Subset(self._store.domain(split, self._names[name]), chosen).keys
        return Sealed(
            count=len(chosen),
            content=checksum([whole.content, *map(str, chosen)]),
            keys=checksum(keys),
        )

    def _cuts(self, split: str, name: str) -> bool:
        """Tell whether a domain has other items here than in the store, or in another order."""
        return split == "test" and name in self._chosen


def checksum(lines: Iterable[str]) -> str:
    """Compute SHA-256 over lines: of keys, what preparation seals a domain with."""
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
