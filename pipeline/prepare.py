"""Raw files -> prepared store and codec."""

import hashlib
import io
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from pipeline.datasets.source import Array, DatasetParams, Item, Moments, SoundParams
from pipeline.datasets.store import Meta
from pipeline.errors import UserError, listing
from pipeline.files import write
from pipeline.progress import Progress

SHARD_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Analysed:
    """An item after loading: what to store, or why it could not be used."""

    stored: Array | None
    raw: Array | None
    bytes: int
    sha256: str
    problem: str


def prepare(params: DatasetParams, out: Path, workers: int | None = None) -> None:
    """Writes the prepared store of a data set to ``out``, whole or not at all.

    ``workers`` processes load and analyse items (default: one for each core). Raises UserError
    where the raw data is missing or empty, and, with all of them listed at once, where items are
    damaged.
    """
    source = params.source()
    total = sum(len(items) for domains in source.items.values() for items in domains.values())
    rate = params.convention.rate if isinstance(params, SoundParams) else None
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    moments: dict[str, Moments] = {}
    digests: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    try:
        with (
            Progress(f"prepare {out.name}", total, "items") as progress,
            Parallel(n_jobs=workers or os.cpu_count(), return_as="generator") as pool,
        ):
            for split, domains in source.items.items():
                for domain, items in domains.items():
                    moment = moments.setdefault(domain, Moments()) if split == "train" else None
                    writer = DomainWriter(partial / split / domain, moment, rate)
                    keep_raw = rate is not None and split == "test"
                    jobs = (delayed(analyse)(params, item, keep_raw) for item in items)
                    for item, analysed in zip(items, pool(jobs), strict=True):
                        progress.advance()
                        if analysed.problem:
                            problems.append(f"{item.file or item.key}: {analysed.problem}")
                        elif not problems:
                            writer.add(item, analysed)
                    if not problems:
                        digests.setdefault(split, {})[domain] = writer.close()
        if problems:
            raise UserError(
                f"{len(problems)} of {total} items can't be used; mend or remove them:\n"
                + listing(problems)
            )
        counts = {s: {d: len(items) for d, items in ds.items()} for s, ds in source.items.items()}
        codec = params.codec(moments)
        meta = Meta(codec=codec, classes=source.classes, counts=counts, digests=digests)
        write(partial / "meta.json", meta.model_dump_json(indent=1).encode())
        shutil.rmtree(out, ignore_errors=True)
        partial.rename(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def analyse(params: DatasetParams, item: Item, keep_raw: bool) -> Analysed:
    """Loads one item; runs in a worker process, so a damaged item is an answer, not an error."""
    size, digest = 0, ""
    if not item.key.isprintable():  # it would break the lines and columns of items.tsv
        return Analysed(None, None, size, digest, "its name has characters that can't be printed")
    try:
        if item.file is not None:
            content = item.file.read_bytes()
            size, digest = len(content), hashlib.sha256(content).hexdigest()
        raw = item.load()
        return Analysed(params.analyse(raw), raw if keep_raw else None, size, digest, "")
    except (ValueError, OSError) as error:
        return Analysed(None, None, size, digest, str(error))


class DomainWriter:
    """Writes the items of one split and domain, a shard at a time."""

    def __init__(self, folder: Path, moments: Moments | None, audio_rate: int | None) -> None:
        """``moments`` takes in what is stored; with ``audio_rate`` it is sound, in samples/s."""
        folder.mkdir(parents=True)
        self.folder = folder
        self.moments = moments
        self.audio_rate = audio_rate
        self._rows: list[str] = []
        self._lengths: list[int] = []
        self._pending: list[Array] = []
        self._pending_bytes = 0
        self._shards = 0
        self._digest = hashlib.sha256()

    def add(self, item: Item, analysed: Analysed) -> None:
        """Takes in one analysed item."""
        assert analysed.stored is not None
        if analysed.raw is not None and self.audio_rate is not None:
            self._write_audio(len(self._rows), analysed.raw)
        self._rows.append(f"{item.key}\t{item.label}\t{analysed.bytes}\t{analysed.sha256}\n")
        self._lengths.append(len(analysed.stored))
        self._pending.append(analysed.stored)
        self._pending_bytes += analysed.stored.nbytes
        self._digest.update(analysed.stored.tobytes())
        if self.moments is not None:
            self.moments.add(analysed.stored)
        if self._pending_bytes >= SHARD_BYTES:
            self._flush()

    def close(self) -> str:
        """Writes what is left and returns a digest of the items."""
        self._flush()
        table = "".join(self._rows).encode()
        write(self.folder / "items.tsv", table)
        if self.audio_rate is not None:
            write_array(self.folder / "lengths.npy", np.array(self._lengths, dtype=np.int64))
        self._digest.update(table)
        return self._digest.hexdigest()

    def _flush(self) -> None:
        if self._pending:
            join = np.stack if self.audio_rate is None else np.concatenate
            write_array(self.folder / f"shard-{self._shards:05d}.npy", join(self._pending))
            self._shards += 1
        self._pending, self._pending_bytes = [], 0

    def _write_audio(self, index: int, wave: Array) -> None:
        import soundfile

        folder = self.folder / "audio"
        folder.mkdir(exist_ok=True)
        content = io.BytesIO()
        soundfile.write(content, wave, self.audio_rate, format="FLAC", subtype="PCM_16")
        write(folder / f"{index:05d}.flac", content.getbuffer())


def write_array(path: Path, array: Array) -> None:
    """Writes a .npy file."""
    content = io.BytesIO()
    np.save(content, array)
    write(path, content.getbuffer())
