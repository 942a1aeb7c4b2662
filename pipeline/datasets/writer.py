"""Writing the prepared store, a shard at a time, so that a stopped preparation goes on."""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from pipeline.codecs.pitch import PitchSums
from pipeline.datasets.factor_table import FactorTable
from pipeline.datasets.factors import Factor
from pipeline.datasets.source import Array, DomainMoments, Item
from pipeline.datasets.store import Sealed
from pipeline.system.files import replace, write

SHARD_BYTES = 64 * 2**20
PROGRESS = "progress.json"


@dataclass(frozen=True)
class Analysed:
    """An item after loading: what to store, or why it could not be used."""

    size: int = 0
    """Bytes of its file."""
    sha256: str = ""
    stored: Array | None = None
    audio: bytes | None = None
    """The clip itself as FLAC, where it is kept."""
    pitch: PitchSums | None = None
    """Of a clip that statistics are taken from."""
    problem: str = ""
    unchanged: bool = False
    """True: an earlier store has the same content."""


@dataclass
class Done:
    """Progress that is safely on the disk."""

    items: int = 0
    table_bytes: int = 0
    shards: list[str] = field(default_factory=list)
    """SHA-256 of what each shard stores."""
    moments: dict[str, list[float]] | None = None


class DomainWriter:
    """Writes the items of one split and domain, going on from what is there already."""

    def __init__(
        self,
        folder: Path,
        moments: DomainMoments | None,
        sound: bool,
        factors: Mapping[str, Factor],
    ) -> None:
        """Let ``moments`` take in what is stored: pictures, or with ``sound`` clips of any length.

        ``factors``: the types of those that every item has.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.moments, self.sound = folder, moments, sound
        self._factors = FactorTable(folder, factors)
        self.done = Done()
        self._rows: list[str] = []
        self._pending: list[Array] = []
        self._pending_bytes = 0
        self._resume()

    @property
    def items(self) -> int:
        """Number of items safely on the disk; the next one to `add` has this index."""
        return self.done.items

    def add(self, item: Item, analysed: Analysed) -> None:
        """Take in one analysed item; raise ValueError where its factors don't fit their types."""
        assert analysed.stored is not None
        self._factors.add(item)
        if analysed.audio is not None:
            folder = self.folder / "audio"
            folder.mkdir(exist_ok=True)
            number = self.done.items + len(self._rows)
            write(folder / f"{number:05d}.flac", analysed.audio)
        cells: list[object] = [
            item.key,
            item.label,
            len(analysed.stored),
            analysed.size,
            analysed.sha256,
        ]
        cells += analysed.pitch or ()
        self._rows.append("\t".join(map(str, cells)) + "\n")
        self._pending.append(analysed.stored)
        self._pending_bytes += analysed.stored.nbytes
        if self.moments is not None:
            self.moments.add(analysed.stored, analysed.pitch)
        if self._pending_bytes >= SHARD_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is pending, then say so: a kill in between loses nothing but work."""
        if not self._pending:
            return
        joined = (np.concatenate if self.sound else np.stack)(self._pending)
        write_array(self.folder / f"shard-{len(self.done.shards):05d}.npy", joined)
        self._factors.flush()
        with (self.folder / "items.tsv").open("ab") as table:
            table.write("".join(self._rows).encode())
            self.done.table_bytes = table.tell()
        self.done.items += len(self._rows)
        self.done.shards.append(hashlib.sha256(joined.data).hexdigest())
        self.done.moments = None if self.moments is None else self.moments.state()
        replace(self.folder / PROGRESS, json.dumps(asdict(self.done)).encode())
        self._rows, self._pending, self._pending_bytes = [], [], 0

    def close(self) -> Sealed:
        """Write what is left and sum it up; closing again gives the same."""
        self.flush()
        labels, lengths = np.zeros(self.items, np.int64), np.zeros(self.items, np.int64)
        keys = hashlib.sha256()
        content = hashlib.sha256("".join(self.done.shards).encode())
        with (self.folder / "items.tsv").open("rb") as table:
            for index, line in enumerate(table):
                content.update(line)
                key, label, length, *_ = line.split(b"\t")
                keys.update(key + b"\n")
                labels[index], lengths[index] = int(label), int(length)
        self._factors.close(self.items, content.update)
        write_array(self.folder / "labels.npy", labels)
        if self.sound:
            write_array(self.folder / "lengths.npy", lengths)
        return Sealed(count=self.items, content=content.hexdigest(), keys=keys.hexdigest())

    def _resume(self) -> None:
        """Take up what an earlier writer had safely on the disk, and drop the rest."""
        table = self.folder / "items.tsv"
        if (self.folder / PROGRESS).exists():
            self.done = Done(**json.loads((self.folder / PROGRESS).read_text(encoding="utf-8")))
            if self.moments is not None and self.done.moments is not None:
                self.moments.restore(self.done.moments)
        if table.exists():
            with table.open("r+b") as file:
                file.truncate(self.done.table_bytes)
        self._factors.resume(self.done.items)
        for shard in self.folder.glob("shard-*.npy"):
            if int(shard.stem.removeprefix("shard-")) >= len(self.done.shards):
                shard.unlink()


def write_array(path: Path, array: Array) -> None:
    """Write a .npy file."""
    content = io.BytesIO()
    np.save(content, array)
    write(path, content.getbuffer())
