"""Fetching a file over HTTP: with progress, resumable, and under its name only when it is whole.

While it comes, a file is called NAME.partial, and NAME.partial.json says what it will be.
"""

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import cast
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from pipeline.errors import UserError
from pipeline.system.files import make_folder, replace
from pipeline.system.progress import Progress

MEBI = 2**20
CHUNK = 2**16
TIMEOUT = 60.0  # seconds without a byte
TRIES = 5  # in a row that bring nothing new
WAIT = 2.0  # seconds between them
PASSING = {408, 416, 425, 429, 500, 502, 503, 504}
"""Answers after which it is worth asking again; 416 is to a range beyond what is there now."""


class BrokenOffError(Exception):
    """The connection failed on the way; what came is kept."""


@dataclass(frozen=True)
class Expected:
    """Size and checksum that a file must have; None where they are unknown."""

    size: int | None = None
    sha256: str | None = None
    source: str = "published"
    """Source of these numbers, as messages name it."""

    def check(self, path: Path) -> str:
        """Return the SHA-256 of a file; raise UserError where it is not what was expected."""
        size = path.stat().st_size
        if self.size is not None and size != self.size:
            raise UserError(f"expected {self.size:,} bytes as {self.source}, found {size:,}")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if self.sha256 is not None and digest != self.sha256:
            raise UserError(f"expected SHA-256 {self.sha256} as {self.source}, found {digest}")
        return digest


@dataclass(frozen=True)
class Begun:
    """The file that a partial one is the beginning of."""

    url: str
    validator: str
    """The server's name for this version of the file; empty where it has none."""
    total: int | None


def download(url: str, path: Path, expected: Expected) -> str:
    """Fetch ``url`` to ``path`` and return its SHA-256.

    Goes on where an earlier call stopped, as long as the server still has the same version of the
    file, and otherwise starts over. Raises UserError where the server refuses, where the
    connection keeps failing (what came is kept), and where the file is not the expected one (then
    nothing is kept).
    """
    make_folder(path.parent)
    partial = path.with_name(f"{path.name}.partial")
    failures, most = 0, length(partial)
    while True:
        try:
            receive(url, partial, expected.size)
            break
        except BrokenOffError as error:
            kept = length(partial)
            failures = failures + 1 if kept <= most else 1
            most = max(most, kept)
            if failures == TRIES:
                hope = f"; {kept:,} bytes are kept, and the same command goes on from there"
                raise UserError(f"{url}: {error}{hope if kept else ''}") from error
            print(f"{error}; trying again", file=sys.stderr, flush=True)
            time.sleep(WAIT)
    try:
        digest = expected.check(partial)
    except UserError as error:
        discard(partial)
        raise UserError(f"{url}: {error}; nothing is kept") from error
    partial.replace(path)
    discard(partial)
    return digest


def receive(url: str, partial: Path, size: int | None) -> None:
    """Fetch what is still missing.

    Raises BrokenOffError where the connection fails on the way, and UserError, with nothing kept,
    where the server's file is not ``size`` bytes long.
    """
    begun = recall(partial)
    start = length(partial) if begun and begun.url == url and begun.validator else 0
    if begun and start and start == begun.total:
        return
    headers = {"User-Agent": "crossdomain", "Accept-Encoding": "identity"}
    if begun and start:
        headers |= {"Range": f"bytes={start}-", "If-Range": begun.validator}
    with connect(Request(url, headers=headers), partial) as response:
        offset, total = extent(response)
        now = Begun(url, validator(response), total)
        if size is not None and total is not None and total != size:
            discard(partial)
            raise UserError(
                f"{url}: expected {size:,} bytes as published, but the server has {total:,}"
            )
        known = now.validator or (begun.validator if begun else "")  # a 206 need not repeat a date
        if offset and begun and (offset != start or known != begun.validator):
            discard(partial)
            raise BrokenOffError("the server goes on with another file than it began with")
        if not offset:
            partial.write_bytes(b"")
            replace(note_of(partial), json.dumps(asdict(now)).encode())
        append(response, partial, now)


def append(response: HTTPResponse, partial: Path, begun: Begun) -> None:
    """Add what comes to ``partial``; raises BrokenOffError where that ends too early."""
    received = length(partial)
    label = f"fetch {partial.name.removesuffix('.partial')}"
    total = -(-(begun.total or 0) // MEBI)
    try:
        with (
            Progress(label, total, "MiB", start=received // MEBI) as progress,
            partial.open("ab") as file,
        ):
            for chunk in chunks(response):
                file.write(chunk)
                steps = (received + len(chunk)) // MEBI - received // MEBI
                received += len(chunk)
                for _ in range(steps + (received == begun.total and received % MEBI > 0)):
                    progress.advance()
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        error.filename = error.filename or str(partial)
        raise
    if begun.total is not None and received < begun.total:
        raise BrokenOffError(f"the connection ended after {received:,} of {begun.total:,} bytes")


def connect(request: Request, partial: Path) -> HTTPResponse:
    """Return the answer to a request.

    Raises UserError where the server refuses it, BrokenOffError where it may answer yet.
    """
    try:
        return cast(HTTPResponse, urlopen(request, timeout=TIMEOUT))
    except HTTPError as error:
        error.close()
        said = f"the server answers {error.code} {error.reason}"
        if error.code not in PASSING:
            raise UserError(f"{request.full_url}: {said}") from error
        if error.code == 416:
            discard(partial)
        raise BrokenOffError(said) from error
    except (HTTPException, OSError) as error:
        raise BrokenOffError(f"can't be reached: {getattr(error, 'reason', error)}") from error


def chunks(response: HTTPResponse) -> Iterator[bytes]:
    """Return what comes, as it comes; raises BrokenOffError where the connection fails."""
    try:
        while chunk := response.read(CHUNK):
            yield chunk
    except (HTTPException, OSError) as error:
        raise BrokenOffError(f"the connection failed: {error!r}") from error


def extent(response: HTTPResponse) -> tuple[int, int | None]:
    """Return where in the file an answer begins, and the length of the whole file where it is
    said."""
    if response.status == 206:
        said = response.headers.get("Content-Range", "")
        if found := re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", said):
            return int(found[1]), None if found[2] == "*" else int(found[2])
        raise BrokenOffError(f"the server answers with a range that can't be read: '{said}'")
    total = response.headers.get("Content-Length", "")
    return 0, int(total) if total.isdigit() else None


def validator(response: HTTPResponse) -> str:
    """Return what If-Range takes: a strong ETag, else a date (weak ETags don't promise equal
    bytes)."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def note_of(partial: Path) -> Path:
    """Return the file that says what a partial one is the beginning of."""
    return partial.with_name(f"{partial.name}.json")


def recall(partial: Path) -> Begun | None:
    """Return what ``partial`` is the beginning of; None where nobody knows."""
    try:
        return Begun(**json.loads(note_of(partial).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def discard(partial: Path) -> None:
    """Remove a partial file and its note."""
    partial.unlink(missing_ok=True)
    note_of(partial).unlink(missing_ok=True)


def length(path: Path) -> int:
    """Return the bytes of a file; 0 where there is none."""
    return path.stat().st_size if path.exists() else 0
