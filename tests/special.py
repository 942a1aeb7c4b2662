"""Paths that are no folders, and a limit for tests, so that none hangs on one of them."""

import os
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

KINDS = ("FIFO", "socket", "file")
LONGEST = 60
"""Seconds after which a test is stopped: whoever opens a FIFO waits for the other end."""

Special = Callable[[str], Path]


@pytest.fixture
def special(tmp_path: Path) -> Iterator[Special]:
    """Makes a path of a kind in the test's folder."""

    def late(*_: object) -> None:
        raise TimeoutError("waits for the other end of a FIFO")

    sockets: list[socket.socket] = []

    def make(kind: str) -> Path:
        path = tmp_path / kind
        if kind == "FIFO":
            os.mkfifo(path)
        elif kind == "socket":
            sockets.append(socket.socket(socket.AF_UNIX))
            here = Path.cwd()
            os.chdir(tmp_path)  # the addresses of sockets are short
            sockets[-1].bind(kind)
            os.chdir(here)
        else:
            path.write_text("x")
        return path

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LONGEST)
    yield make
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    for one in sockets:
        one.close()


def is_kind(path: Path, kind: str) -> bool:
    """Whether a path is still what `special` made, and not a link."""
    checks = {"FIFO": stat.S_ISFIFO, "socket": stat.S_ISSOCK, "file": stat.S_ISREG}
    return checks[kind](path.lstat().st_mode)
