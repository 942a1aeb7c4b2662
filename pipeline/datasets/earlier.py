"""Results of an earlier preparation, for files that have not changed since."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

import pipeline
from pipeline.codecs.pitch import PitchSums
from pipeline.datasets.source import DatasetParams
from pipeline.datasets.store import Domain, Store
from pipeline.datasets.writer import Analysed
from pipeline.errors import UserError
from pipeline.system import files

CODE = ("conventions.py", "samples.py", "codecs", "datasets", "nn/padding.py")
"""The modules, below the package, that decide how preparation reads a file: those that the stage
depends on, less what reads parameters, says mistakes and moves files."""

ROW = np.dtype([("key", "u8"), ("index", "i8"), ("sha256", "V32"), ("pitch", "f8", 3)])
"""Small, for there may be millions."""


class Earlier:
    """The store that the present preparation is about to replace."""

    def __init__(self, store: Path, way: str) -> None:
        """Hold nothing where there is no whole store, or it was not made in this ``way``."""
        self._store: Store | None = None
        if was_made_in(way, store):
            try:
                self._store = Store(store)
            except UserError:  # gone or damaged: everything is made anew
                return

    def domain(self, split: str, name: str) -> "EarlierDomain | None":
        """Return a domain of a split; None where there was none."""
        if self._store is None or not self._store.has(split, name):
            return None
        return EarlierDomain(self._store.domain(split, name))


class EarlierDomain:
    """The earlier items of one split and domain, found by key."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._rows = np.empty(len(domain), ROW)
        with (domain.folder / "items.tsv").open(encoding="utf-8") as table:
            for index, line in enumerate(table):
                key, _, _, _, digest, *pitch = line.rstrip("\n").split("\t")
                sums = [float(cell) for cell in pitch] or [np.nan] * 3
                self._rows[index] = (short(key), index, bytes.fromhex(digest), sums)
        self._rows.sort(order="key")

    def find(self, key: str) -> str | None:
        """Find the SHA-256 of the file that a key's item was made of; None where there was none."""
        row = self._row(key)
        return None if row is None else bytes(row["sha256"]).hex()

    def restored(self, key: str, analysed: Analysed) -> Analysed:
        """Return ``analysed``, with what the store keeps of the item where it is unchanged."""
        row = self._row(key)
        if row is None or not analysed.unchanged:
            return analysed
        index = int(row["index"])
        audio = self._domain.audio(index).read_bytes() if self._domain.has_audio else None
        pitch = None if np.isnan(row["pitch"]).any() else PitchSums(*row["pitch"].tolist())
        stored = np.array(self._domain.item(index))
        return replace(analysed, stored=stored, audio=audio, pitch=pitch)

    def _row(self, key: str) -> np.void | None:
        place = int(np.searchsorted(self._rows["key"], short(key)))
        if place == len(self._rows) or self._rows[place]["key"] != short(key):
            return None
        row: np.void = self._rows[place]
        return row


def short(key: str) -> int:
    """Return 64 bits of a key's hash."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8])


def way_of(params: DatasetParams) -> str:
    """Hash whatever decides what preparation makes of a file: parameters and code."""
    digest = hashlib.sha256(params.model_dump_json().encode())
    package = Path(pipeline.__file__).parent
    for name in CODE:
        for file in sorted([package / name, *(package / name).rglob("*.py")]):
            if file.is_file():
                digest.update(file.read_bytes())
    return digest.hexdigest()


def note_of(store: Path) -> Path:
    """Return where it stands how a store was made: beside it, for the store itself is to be the
    same bytes whatever comments its makers had in their code."""
    return store.with_name(f".{store.name}.way")


def remember(store: Path, way: str) -> None:
    """Note how a store was made, and which it is: checking out an older one changes no note."""
    files.replace(note_of(store), f"{way}\n{identity(store)}".encode())


def was_made_in(way: str, store: Path) -> bool:
    """Tell whether the store that is there is the one that was made in this way."""
    note = note_of(store)
    if not note.exists() or not (store / "meta.json").exists():
        return False
    return note.read_text(encoding="utf-8") == f"{way}\n{identity(store)}"


def identity(store: Path) -> str:
    """Tell stores of different content apart."""
    return hashlib.sha256((store / "meta.json").read_bytes()).hexdigest()
