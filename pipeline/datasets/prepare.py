"""Raw files -> prepared store and codec."""

import hashlib
import shutil
import sys
from functools import partial
from pathlib import Path

from joblib import delayed

from pipeline.datasets.earlier import Earlier, remember, way_of
from pipeline.datasets.factor_table import ROWS
from pipeline.datasets.source import DatasetParams, DomainMoments, Item, SoundParams, Source
from pipeline.datasets.store import Meta, Sealed
from pipeline.datasets.writer import PROGRESS, Analysed, DomainWriter
from pipeline.errors import UserError, listing
from pipeline.system.files import check_folder, put_in_place, replace, write
from pipeline.system.lock import locked
from pipeline.system.memory import keep_memory
from pipeline.system.progress import Progress
from pipeline.system.workers import Workers

KEY = "key.sha256"  # of the items that a partial folder is about
FORMAT = 4  # of what a partial folder says of its progress


def prepare(params: DatasetParams, out: Path, workers: int | None = None) -> None:
    """Write the prepared store of a data set to ``out``, whole or not at all.

    ``workers`` processes load and analyse items (default: one for each core, where that ends
    earlier than this one alone). A preparation that was killed goes on where it was, and ends with
    the same bytes; what the store that is there holds of files that have not changed is taken from
    it. Raises UserError where the raw data is missing or empty, where another process prepares it,
    and, with all of them listed at once, where items are damaged.
    """
    check_folder(out)
    with locked(out.with_name(f".{out.name}.lock"), f"preparation of {out.name}"):
        source = params.source()
        for note in source.notes:
            print(f"passed over in {note}", file=sys.stderr)
        way = way_of(params)
        unfinished = out.with_name(f".{out.name}.partial")
        start(unfinished, f"{FORMAT}\n{params.model_dump_json()}\n{source.fingerprint()}")
        try:
            meta = write_domains(
                params, source, unfinished, Earlier(out, way), workers, label=f"prepare {out.name}"
            )
        except (UserError, OSError):
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        write(unfinished / "meta.json", meta.model_dump_json(indent=1).encode())
        for leftover in [unfinished / KEY, *unfinished.rglob(PROGRESS), *unfinished.rglob(ROWS)]:
            leftover.unlink()
        put_in_place(unfinished, out)
        remember(out, way)


def start(unfinished: Path, key: str) -> None:
    """Keep what a stopped preparation of the same items left, and clear away any other."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    path = unfinished / KEY
    if not path.exists() or path.read_text(encoding="utf-8") != digest:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        replace(path, digest.encode())


def write_domains(
    params: DatasetParams,
    source: Source,
    folder: Path,
    earlier: Earlier,
    workers: int | None,
    label: str,
) -> Meta:
    """Write every split and domain; raise UserError with all items that can't be used."""
    sound = isinstance(params, SoundParams)
    total = sum(len(items) for domains in source.items.values() for items in domains.values())
    moments: dict[str, DomainMoments] = {}
    sealed: dict[str, dict[str, Sealed]] = {split: {} for split in source.items}
    problems: list[str] = []
    analysts: Workers[Analysed] = Workers(total, workers)
    with Progress(label, total, "items") as progress, analysts:
        for split, domains in source.items.items():
            for domain, items in domains.items():
                learnt = split == "train"
                moment = moments.setdefault(domain, DomainMoments()) if learnt else None
                writer = DomainWriter(folder / split / domain, moment, sound, source.factors)
                made = earlier.domain(split, domain)
                progress.skip(writer.items)
                analysts.skip(writer.items)
                left = items[writer.items :]
                job = delayed(
                    partial(analyse, params, keep_audio=keeps_audio(params, split), learnt=learnt)
                )
                jobs = (job(item, known=made.find(item.key) if made else None) for item in left)
                for item, found in zip(left, analysts.results(jobs), strict=True):
                    progress.advance()
                    analysed = made.restored(item.key, found) if made else found
                    if analysed.problem:
                        problems.append(f"{item.file or item.key}: {analysed.problem}")
                    elif not problems:
                        writer.add(item, analysed)
                if not problems:
                    sealed[split][domain] = writer.close()
    if problems:
        raise UserError(
            f"{len(problems)} of {total} items can't be used; fix or remove them:\n"
            + listing(dict.fromkeys(problems))  # halves of a picture share their file
        )
    return Meta(
        codec=params.codec(moments),
        classes=source.classes,
        factors=dict(source.factors),
        excluded=dict(source.excluded),
        domains=sealed,
    )


def keeps_audio(params: DatasetParams, split: str) -> bool:
    """Tell whether the clips of a split are themselves kept."""
    return isinstance(params, SoundParams) and (split == "test" or params.keep_audio)


def analyse(
    params: DatasetParams,
    item: Item,
    *,
    keep_audio: bool,
    learnt: bool,
    known: str | None = None,
) -> Analysed:
    """Load one item; runs in a worker process, so a damaged item is an answer, not an error.

    ``learnt``: the domain's statistics are taken from it. ``known``: SHA-256 of the file that an
    earlier store was made of; the same is left alone.
    """
    keep_memory()
    size, digest = 0, ""
    if not item.key.isprintable():  # it would break the lines and columns of items.tsv
        return Analysed(problem="its name has characters that can't be printed")
    try:
        if item.file is not None:
            content = item.file.read_bytes()
            if not content:
                return Analysed(problem="the file is empty")
            size, digest = len(content), hashlib.sha256(content).hexdigest()
            if digest == known:
                return Analysed(size, digest, unchanged=True)
        raw = item.load()
        stored, audio, pitch = params.analyse(raw), None, None
        if isinstance(params, SoundParams):
            audio = bytes(params.recording(raw)) if keep_audio else None
            pitch = params.pitch(raw, stored) if learnt else None
        return Analysed(size, digest, stored, audio, pitch)
    except (ValueError, OSError) as error:
        return Analysed(size, digest, problem=str(error))
