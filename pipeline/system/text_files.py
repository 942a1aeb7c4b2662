"""Text files that a stranger may have written, read within bounds."""

import stat
from pathlib import Path


def read_bounded(path: Path, most: int) -> str:
    """Return a file's text, UTF-8.

    Raises OSError where it can't be read, and ValueError where it is no regular file, of more than
    ``most`` bytes, or no UTF-8.
    """
    found = path.stat()
    if stat.S_ISFIFO(found.st_mode) or stat.S_ISCHR(found.st_mode):  # they may never end
        raise ValueError("no regular file")
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"found {found.st_size:,} bytes, allowed: {most:,}")
    return content.decode("utf-8")
