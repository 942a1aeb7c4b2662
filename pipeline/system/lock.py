"""Locks that keep two processes from making the same thing at once."""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from pipeline.errors import UserError, unwritable
from pipeline.system.files import check_file, make_folder

if sys.platform != "win32":
    import fcntl


@contextmanager
def locked(path: Path, work: str) -> Iterator[None]:
    """Hold the lock at ``path`` while the block runs; the file goes with the block.

    The system frees the lock of a process that is killed. Raises UserError, which names ``work``
    and the other process, where another one holds it; and one that names the folder where nothing
    can be written there.
    """
    make_folder(path.parent)
    check_file(path)
    try:
        file = acquire(path, work)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        note_owner(path, file)
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held, so that nobody holds a file that is gone
        file.close()


def note_owner(path: Path, file: TextIO) -> None:
    """Write to a lock's open file who holds it; raise UserError where there is no room for it."""
    note = f"process {os.getpid()} on {platform.node()}, since {datetime.now():%Y-%m-%d %H:%M:%S}"
    try:
        file.truncate(0)
        os.write(file.fileno(), note.encode())  # past the buffer, which closing would write again
    except OSError as error:
        raise unwritable(path, error) from error


def acquire(path: Path, work: str) -> TextIO:
    """Open and lock the file at ``path``.

    Raises UserError where another process holds it, and OSError where it can't be opened.
    """
    while True:
        file = path.open("a+", encoding="utf-8")
        if sys.platform == "win32":  # two runs at once are not told apart there
            return file
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            owner = file.read() or "another process"
            file.close()
            raise UserError(f"{work} is under way already: {owner} ({path})") from error
        except OSError:  # a file system without locks: nor are they there
            return file
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file
        file.close()  # its owner removed it in between
