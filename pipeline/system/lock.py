"""Locks that keep two processes from making the same thing at once."""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from pipeline.errors import UserError

if sys.platform != "win32":
    import fcntl


@contextmanager
def locked(path: Path, work: str) -> Iterator[None]:
    """Hold the lock at ``path`` while the block runs; the file goes with the block.

    The system frees the lock of a process that is killed. Raises UserError, which names ``work``
    and the other process, where another one holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = acquire(path, work)
    try:
        file.truncate(0)
        file.write(
            f"process {os.getpid()} on {platform.node()}, since {datetime.now():%Y-%m-%d %H:%M:%S}"
        )
        file.flush()
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held, so that nobody holds a file that is gone
        file.close()


def acquire(path: Path, work: str) -> TextIO:
    """Open and lock the file at ``path``; raise UserError where another process holds it."""
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
