"""Files and folders that appear whole or not at all, full disks, and checksums."""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import UserError, kind_of, no_folder, unwritable


def replace(path: Path, content: bytes | memoryview) -> None:
    """Call `write`; at any moment, even after a kill, ``path`` is the whole old file or the new.

    Raises UserError where `check_file` does.
    """
    check_file(path)
    partial = path.with_name(f"{path.name}.partial")
    write(partial, content)
    partial.replace(path)


def write(path: Path, content: bytes | memoryview) -> None:
    """Write a whole file; where that fails, remove it and raise an OSError that names it.

    The content is on the disk when this returns. Libraries that write files themselves (torch,
    numpy, safetensors, libsndfile) each report a full disk as an error of their own, so what they
    make goes through memory to here. A device or FIFO that is there is written to and stays.

    Raises UserError where the folder takes no files.
    """
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                os.fsync(file.fileno())
    except FileNotFoundError as error:
        raise unwritable(path, error) from error
    except OSError as error:
        if kind_of(path) == "a file":
            path.unlink()
        error.filename = str(path)
        raise


def make_folder(path: Path) -> None:
    """Make a folder and those that it lies in, where they are not there.

    Raises UserError where one of them is something else, or can't be made.
    """
    check_folder(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error


def check_folder(path: Path) -> None:
    """Raise UserError where ``path``, or what it lies in, is there and is no folder.

    Links are followed.
    """
    if problem := no_folder(path):
        raise UserError(problem)


def check_file(path: Path) -> None:
    """Raise UserError where ``path`` is there and is no file, which a new file would replace.

    Links are followed.
    """
    if (found := kind_of(path)) not in ("", "a file", "a broken link"):
        raise UserError(f"expected a file or nothing at {path}, found {found}: choose another name")


@contextmanager
def made(out: Path) -> Iterator[Path]:
    """Give a new folder, which takes the place of ``out`` when the block ends without an error.

    Else nothing of it is left, and what stands at ``out`` stays. Where ``out`` is a link, what it
    leads to is replaced. Raises UserError, before the block, where `check_folder` does.
    """
    check_folder(out)
    out = out.resolve()
    partial = out.with_name(f".{out.name}.partial")
    discard(partial)  # of a run that was killed
    try:
        make_folder(partial)
        yield partial
        put_in_place(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def put_in_place(whole: Path, out: Path) -> None:
    """Rename the folder ``whole`` to ``out``; what was there goes, of a link the link alone.

    By renames alone, since a folder that is removed is half there for a while. Raises UserError
    where `check_folder` does.
    """
    check_folder(out)
    old = out.with_name(f".{out.name}.old.partial")
    discard(old)  # of a run that was killed here
    if out.exists():
        out.rename(old)
    whole.rename(out)
    discard(old)


def discard(path: Path) -> None:
    """Remove a folder with all that is in it, as far as that is possible, or else a file."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal; raise OSError where it can't be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
