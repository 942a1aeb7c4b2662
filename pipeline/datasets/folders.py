"""Folders of the user's own: pictures and recordings, a folder for each split and domain."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipeline.codecs.image import fit_square, read_picture
from pipeline.codecs.mel import read_wave
from pipeline.datasets.source import Array, DatasetParams, Item, PictureParams, SoundParams, Source
from pipeline.errors import UserError

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp")
SOUNDS = (".wav", ".flac", ".ogg", ".mp3")

Split = Literal["train", "test", "judge"]
DomainName = Annotated[str, Field(pattern=r"^\w[\w-]*$")]  # it names a folder of the store
Folders = dict[Split, dict[DomainName, str]]


class FolderParams(DatasetParams):
    """What pictures and sounds in folders share: where they lie."""

    root: str
    """The folder that holds the others, relative to params.yaml or absolute."""
    folders: Folders
    """Split -> domain -> folder below ``root``; splits are ``train``, ``test`` and, where the
    judge should see other data than the models, ``judge``. The codec is made from ``train``, so
    every domain must be there."""

    @model_validator(mode="after")
    def _trains_what_it_tests(self) -> Self:
        trained = self.folders.get("train", {})
        if not trained:
            raise ValueError("folders has no domain under 'train'")
        for split, domains in self.folders.items():
            if strange := sorted(domains.keys() - trained.keys()):
                raise ValueError(
                    f"folders.{split} has {', '.join(strange)}, but folders.train has only "
                    f"{', '.join(sorted(trained))}"
                )
        return self

    def _items(self, endings: tuple[str, ...], load: "partial[Array]") -> Source:
        items: dict[str, dict[str, list[Item]]] = {
            split: {
                domain: [
                    Item(key_of(file, folder), partial(load, file), file=file)
                    for folder in [Path(self.root) / name]
                    for file in files_in(folder, endings)
                ]
                for domain, name in domains.items()
            }
            for split, domains in self.folders.items()
        }
        return Source(items)


class PictureFolderParams(FolderParams, PictureParams):
    """Pictures in folders, as in ``trainA trainB testA testB``."""

    kind: Literal["pictures"] = "pictures"
    size: int = Field(256, ge=8)

    def source(self) -> Source:
        """The centred square of each picture at ``size``."""
        return self._items(PICTURES, partial(load_square, self.size))


class SoundFolderParams(FolderParams, SoundParams):
    """Recordings in folders, a folder for each speaker."""

    kind: Literal["sounds"] = "sounds"

    def source(self) -> Source:
        """Each recording, mono, at the convention's rate."""
        return self._items(SOUNDS, partial(load_wave, self.convention.rate))


def files_in(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    """The files below ``folder`` with one of ``endings``, sorted by name.

    Raises UserError where the folder is missing or holds none.
    """
    if not folder.is_dir():
        raise UserError(f"expected a folder at {folder}: there is none")
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in endings)
    if not files:
        found = sum(1 for file in folder.rglob("*") if file.is_file())
        raise UserError(
            f"expected files ending in {', '.join(endings)} in {folder}: "
            f"found none among {found} files"
        )
    return files


def key_of(file: Path, folder: Path) -> str:
    """What a file shows: its path below the folder without its ending."""
    return file.relative_to(folder).with_suffix("").as_posix()


def load_square(size: int, path: Path) -> Array:
    """uint8 [size, size, 3] from a picture file."""
    return fit_square(read_picture(path), size)


def load_wave(rate: int, path: Path) -> Array:
    """float32 [samples] at ``rate`` from a sound file."""
    return read_wave(path, rate)
