"""Files and folders that appear whole or not at all, full disks, and checksums."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def replace(path: Path, content: bytes | memoryview) -> None:
    """Call `write`; at any moment, even after a kill, ``path`` is the whole old file or the new."""
    partial = path.with_name(f"{path.name}.partial")
    write(partial, content)
    partial.replace(path)


def write(path: Path, content: bytes | memoryview) -> None:
    """Write a whole file; where that fails, remove it and raise an OSError that names it.

    The content is on the disk when this returns. Libraries that write files themselves (torch,
    numpy, safetensors, libsndfile) each report a full disk as an error of their own, so what they
    make goes through memory to here.
    """
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        error.filename = str(path)
        raise


@contextmanager
def made(out: Path) -> Iterator[Path]:
    """Give a new folder, which takes the place of ``out`` when the block ends without an error.

    Else nothing of it is left, and what stands at ``out`` stays.
    """
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    try:
        partial.mkdir(parents=True)
        yield partial
        put_in_place(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def put_in_place(whole: Path, out: Path) -> None:
    """Rename the folder ``whole`` to ``out``; what was there goes.

    By renames alone, since a folder that is removed is half there for a while.
    """
    old = out.with_name(f".{out.name}.old.partial")
    shutil.rmtree(old, ignore_errors=True)  # of a run that was killed here
    if out.exists():
        out.rename(old)
    whole.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal; raise OSError where it can't be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
