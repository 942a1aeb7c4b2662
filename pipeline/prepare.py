"""Raw files -> prepared store and codec."""

import hashlib
import os
import shutil
from pathlib import Path

from joblib import Parallel, delayed

from pipeline.datasets.source import DatasetParams, Item, Moments, SoundParams, Source
from pipeline.datasets.store import Meta, Sealed
from pipeline.datasets.writer import PROGRESS, Analysed, DomainWriter
from pipeline.errors import UserError, listing
from pipeline.files import replace, write
from pipeline.progress import Progress

KEY = "key.sha256"  # of the items that a partial folder is about


def prepare(params: DatasetParams, out: Path, workers: int | None = None) -> None:
    """Writes the prepared store of a data set to ``out``, whole or not at all.

    ``workers`` processes load and analyse items (default: one for each core). A preparation that
    was killed goes on where it was, and ends with the same bytes. Raises UserError where the raw
    data is missing or empty, and, with all of them listed at once, where items are damaged.
    """
    source = params.source()
    partial = out.with_name(f".{out.name}.partial")
    start(partial, f"{params.model_dump_json()}\n{source.fingerprint()}")
    try:
        meta = write_domains(params, source, partial, workers, label=f"prepare {out.name}")
    except (UserError, OSError):
        shutil.rmtree(partial, ignore_errors=True)
        raise
    write(partial / "meta.json", meta.model_dump_json(indent=1).encode())
    for leftover in [partial / KEY, *partial.rglob(PROGRESS)]:
        leftover.unlink()
    shutil.rmtree(out, ignore_errors=True)
    partial.rename(out)


def start(partial: Path, key: str) -> None:
    """Keeps what a stopped preparation of the same items left, and clears away any other."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    path = partial / KEY
    if not path.exists() or path.read_text(encoding="utf-8") != digest:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        replace(path, digest.encode())


def write_domains(
    params: DatasetParams, source: Source, folder: Path, workers: int | None, label: str
) -> Meta:
    """Writes every split and domain; raises UserError with all items that can't be used."""
    rate = params.convention.rate if isinstance(params, SoundParams) else None
    total = sum(len(items) for domains in source.items.values() for items in domains.values())
    moments: dict[str, Moments] = {}
    sealed: dict[str, dict[str, Sealed]] = {}
    problems: list[str] = []
    with (
        Progress(label, total, "items") as progress,
        Parallel(n_jobs=workers or os.cpu_count(), return_as="generator") as pool,
    ):
        for split, domains in source.items.items():
            for domain, items in domains.items():
                moment = moments.setdefault(domain, Moments()) if split == "train" else None
                writer = DomainWriter(folder / split / domain, moment, rate)
                progress.skip(writer.items)
                left = items[writer.items :]
                keep_raw = isinstance(params, SoundParams) and (
                    split == "test" or params.keep_audio
                )
                jobs = (delayed(analyse)(params, item, keep_raw) for item in left)
                for item, analysed in zip(left, pool(jobs), strict=True):
                    progress.advance()
                    if analysed.problem:
                        problems.append(f"{item.file or item.key}: {analysed.problem}")
                    elif not problems:
                        writer.add(item, analysed)
                if not problems:
                    sealed.setdefault(split, {})[domain] = writer.close()
    if problems:
        raise UserError(
            f"{len(problems)} of {total} items can't be used; mend or remove them:\n"
            + listing(dict.fromkeys(problems))  # halves of a picture share their file
        )
    return Meta(codec=params.codec(moments), classes=source.classes, domains=sealed)


def analyse(params: DatasetParams, item: Item, keep_raw: bool) -> Analysed:
    """Loads one item; runs in a worker process, so a damaged item is an answer, not an error."""
    size, digest = 0, ""
    if not item.key.isprintable():  # it would break the lines and columns of items.tsv
        return Analysed(None, None, size, digest, "its name has characters that can't be printed")
    try:
        if item.file is not None:
            content = item.file.read_bytes()
            if not content:
                return Analysed(None, None, size, digest, "the file is empty")
            size, digest = len(content), hashlib.sha256(content).hexdigest()
        raw = item.load()
        return Analysed(params.analyse(raw), raw if keep_raw else None, size, digest, "")
    except (ValueError, OSError) as error:
        return Analysed(None, None, size, digest, str(error))
