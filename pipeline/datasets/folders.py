"""Folders of the user's own: pictures and recordings, as the field lays them out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline.block import Seed
from pipeline.codecs.image import fit_square, halves_of, read_picture
from pipeline.codecs.label_maps import LabelMap
from pipeline.datasets.holdout import hold_out
from pipeline.datasets.layouts import Found, Split, halved, key_of, lettered, listed
from pipeline.datasets.recordings import RecordingParams, with_speakers
from pipeline.datasets.source import Array, DatasetParams, Item, PictureParams, Source
from pipeline.datasets.views import View, edges, grey
from pipeline.errors import UserError

PICTURES = (".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".webp", ".tif", ".tiff", ".bmp")
SOUNDS = (".wav", ".flac", ".ogg", ".mp3")

DomainName = Annotated[str, Field(pattern=r"^\w[\w-]*$")]  # it names a folder of the store
Loader = Callable[[Path], Array]
Folders = dict[Split, dict[DomainName, str]]


class FolderParams(DatasetParams):
    """The location of pictures or sounds in folders."""

    root: str
    """The folder that holds the others, relative to params.yaml or absolute."""
    layout: Literal["folders", "ab", "halves"] = "folders"
    """``folders``: as ``folders`` lists them. ``ab``: in trainA, trainB, testA and testB.
    ``halves`` (pictures alone): side by side in one file, in the folders train and test, or in
    ``root`` itself. A test folder may be missing, or be called val."""
    folders: Folders = Field(default_factory=dict)
    """Split -> domain -> folder below ``root``; splits are ``train``, ``test`` and, where the
    classifier should see other data than the models, ``classifier``. The codec is made from
    ``train``, so every domain must be there."""
    domains: tuple[DomainName, DomainName] | None = None
    """For the other layouts: the name of A or the left half, then of B or the right half."""
    holdout: float = Field(0.0, ge=0, le=0.9)
    """The share of the items of ``train`` that is kept from training and becomes the split
    ``test``, for data without a test set. Chosen by the items' names, at least one a domain:
    files that come later move no other, and pairs (equal names) stay together."""
    holdout_seed: Seed = 1
    """Another seed holds out other items."""

    @model_validator(mode="after")
    def _names_what_its_layout_needs(self) -> Self:
        if self.layout == "folders":
            if self.domains:
                raise ValueError("domains are for the layouts 'ab' and 'halves', not for folders")
        elif self.folders:
            raise ValueError(f"layout '{self.layout}' finds its folders: leave folders out")
        elif not self.domains or len(set(self.domains)) < 2:
            raise ValueError(
                f"layout '{self.layout}' needs the names of its two domains, "
                "as in domains: [horse, zebra]"
            )
        return self

    @model_validator(mode="after")
    def _trains_what_it_tests(self) -> Self:
        trained = self.folders.get("train", {})
        if not trained and self.layout == "folders":
            raise ValueError("folders has no domain under 'train'")
        for split, domains in self.folders.items():
            if strange := sorted(domains.keys() - trained.keys()):
                raise ValueError(
                    f"folders.{split} has {', '.join(strange)}, but folders.train has only "
                    f"{', '.join(sorted(trained))}"
                )
        if self.holdout and "test" in self.folders:
            raise ValueError("holdout makes the split 'test', but folders has one: leave one out")
        return self

    @property
    def domain_names(self) -> tuple[str, ...]:
        """The domains that have a folder to train on."""
        return self.domains or tuple(self.folders["train"])

    def _found(self) -> Found:
        """Return split -> domain -> folder below the root."""
        if self.domains is None:
            return self.folders
        found = (lettered if self.layout == "ab" else halved)(Path(self.root), self.domains)
        if self.holdout and "test" in found:
            there = ", ".join(sorted(set(found["test"].values())))
            raise UserError(
                f"holdout makes the split 'test', but {self.root} has one in {there}: "
                "set holdout to 0, or move that away"
            )
        return found

    def _items(self, endings: tuple[str, ...], loader: Callable[[str], Loader]) -> Source:
        """Return every split and domain; ``loader`` makes of a domain what loads its files."""
        root = Path(self.root)
        folders = {
            split: {domain: root / name for domain, name in domains.items()}
            for split, domains in self._found().items()
        }
        found = items_in(folders, endings, loader)
        if not self.holdout:
            return found
        others = dict(found.items)
        train, test = hold_out(others.pop("train"), self.holdout, self.holdout_seed)
        return replace(found, items={"train": train, "test": test, **others})


class PictureFolderParams(FolderParams, PictureParams):
    """Pictures in folders, as in ``trainA trainB testA testB``."""

    kind: Literal["pictures"] = "pictures"
    size: int = Field(256, ge=8, le=2**16)
    views: tuple[View, ...] = ()
    """Further domains made from each picture, aligned with the one that there is: a
    translator can then learn to colour, or to paint what is drawn."""

    @model_validator(mode="after")
    def _has_one_domain_to_view(self) -> Self:
        domains = set(self.domains or self.folders.get("train", {}))
        if self.views and len(domains) != 1:
            raise ValueError(f"views are of a single domain, but there are {len(domains)}")
        if taken := sorted(domains.intersection(self.views)):
            raise ValueError(f"a domain is called '{taken[0]}' like a view of it: rename it")
        return self

    @property
    def channels(self) -> dict[str, int]:
        """Three of each domain's pictures, one of a view."""
        return {**dict.fromkeys(self.domain_names, 3), **dict.fromkeys(self.views, 1)}

    def source(self) -> Source:
        """Return the centred square of each picture, or of each half of it, at ``size``, and its
        views."""
        found = self._pictures()
        for domains in found.items.values():
            for items in list(domains.values()):
                for view in self.views:
                    domains[view] = [
                        Item(item.key, partial(load_view, view, item.load), file=item.file)
                        for item in items
                    ]
        return found

    def _pictures(self) -> Source:
        if self.layout == "halves" and self.domains is not None:
            half_of = self.domains.index
            return self._items(PICTURES, lambda d: partial(load_half, self.size, half_of(d)))
        return self._items(PICTURES, lambda _: partial(load_square, self.size))


class SoundFolderParams(FolderParams, RecordingParams):
    """Recordings in folders, a folder for each speaker."""

    kind: Literal["sounds"] = "sounds"

    @model_validator(mode="after")
    def _has_no_halves(self) -> Self:
        if self.layout == "halves":
            raise ValueError("layout: found 'halves', which is for pictures; allowed: folders, ab")
        return self

    def source(self) -> Source:
        """Return each recording, mono, at the convention's rate, trimmed and levelled.

        The factor ``speaker`` is the domain.
        """
        return with_speakers(self._items(SOUNDS, lambda _: self.load_recording))


def items_in(
    folders: Mapping[Split, Mapping[str, Path]],
    endings: tuple[str, ...],
    loader: Callable[[str], Loader],
) -> Source:
    """List the files in the folder of every split and domain; ``loader`` makes of a domain what
    loads its files.

    Raises UserError where a folder is missing or holds none.
    """
    every = {folder for domains in folders.values() for folder in domains.values()}
    contents = {folder: listed(folder, endings) for folder in sorted(every)}
    items: dict[str, dict[str, list[Item]]] = {
        split: {
            domain: [
                Item(key_of(file, folder), partial(loader(domain), file), file=file)
                for file in contents[folder].files
            ]
            for domain, folder in domains.items()
        }
        for split, domains in folders.items()
    }
    notes = [f"{folder}: {line}" for folder, of in contents.items() for line in of.passed_over()]
    return Source(items, notes=tuple(notes))


def load_square(size: int, path: Path) -> Array:
    """Load uint8 [size, size, 3] from a picture file."""
    return fit_square(read_picture(path), size)


def load_labels(size: int, labels: LabelMap, half: int | None, path: Path) -> Array:
    """Load uint8 [size, size, 3] from a label map, or a half of the file, never mixing its levels.

    Raises ValueError where it is none.
    """
    picture = read_picture(path)
    if half is not None:
        picture = halves_of(picture)[half]
    labels.check(picture)
    return fit_square(picture, size, mixes=False)


def load_view(view: View, load: Callable[[], Array]) -> Array:
    """Load uint8 [size, size, 1]: what ``view`` makes of the picture that ``load`` gives."""
    return (edges if view == "edges" else grey)(load())


def load_half(size: int, half: int, path: Path) -> Array:
    """Load uint8 [size, size, 3] from the left (0) or right (1) half of a picture file."""
    return fit_square(halves_of(read_picture(path))[half], size)
