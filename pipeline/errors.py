"""The one error that a user is meant to read, and how stages and commands end with it."""

import errno
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn, TypeVar

Result = TypeVar("Result")

DEBUG = "CROSSDOMAIN_DEBUG"
"""The environment's variable that, not empty, shows tracebacks of errors that have a message."""
LISTED = 20  # problems of one message
LONGEST = 200  # characters of a value in a message
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_WAY = {errno.EACCES, errno.EPERM, errno.EROFS}
IN_THE_WAY = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY}


class UserError(Exception):
    """Something the user can put right: a path, a file, a parameter, a full disk.

    Commands and stages print the message without a traceback and end with exit code 1, so the
    message must stand alone: what was expected, what was found, and where.
    """

    at_once = False
    """True: end the process as it stands; taking it down in order could hang or abort."""


def listing(problems: Iterable[str], count: int | None = None) -> str:
    """Write problems as indented lines; after the first `LISTED` of them only their number.

    ``count``: how many there are, where ``problems`` are the first of them.
    """
    lines = list(problems)
    shown = [f"  {line}" for line in lines[:LISTED]]
    if more := (count or len(lines)) - len(shown):
        shown.append(f"  ... and {more} more")
    return "\n".join(shown)


def some(names: Iterable[str], limit: int = 5) -> str:
    """Return the first names of many."""
    every = [shortened(name) for name in names]
    more = f", ... ({len(every)})" if len(every) > limit else ""
    return (", ".join(every[:limit]) or "none") + more


def shortened(text: str, most: int = LONGEST) -> str:
    """Return a text for a message: its beginning, where it is long."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"


def exit_on_user_error(work: Callable[[], Result]) -> Result:
    """Call ``work``; what the user can put right is said in words, without a traceback.

    Ends the process with exit code 1 then, or with 130 where the user stopped it. Shows the
    traceback too where `DEBUG` is set.
    """
    try:
        return work()
    except UserError as error:
        _stop(f"error: {error}", at_once=error.at_once)
    except OSError as error:
        if error.errno in NO_ROOM:
            _stop(f"error: no room left to write {error.filename or 'output'}: {error.strerror}")
        if error.errno in NO_WAY and error.filename is not None:
            _stop(f"error: {error.filename}: {error.strerror}")
        if error.errno in IN_THE_WAY and error.filename is not None:
            _stop(f"error: {in_the_way(Path(str(error.filename2 or error.filename)))}")
        raise
    except KeyboardInterrupt:
        _stop("stopped", 130)


def in_the_way(path: Path) -> str:
    """Say what stands where a file or folder should be written, and what to do."""
    blocking = [above for above in (*reversed(path.parents), path) if above.is_file()]
    if blocking:
        return (
            f"expected a folder at {blocking[0]}, found a file: choose another place, or move that "
            "file away"
        )
    return f"expected no folder at {path}, found one: choose another name, or move it away"


def _stop(message: str, code: int = 1, *, at_once: bool = False) -> NoReturn:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    print(message, file=sys.stderr)
    if at_once:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)
