"""The one error that a user is meant to read, and how stages and commands end with it."""

import errno
import os
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn, TypeVar

Result = TypeVar("Result")

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_WAY = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST}


class UserError(Exception):
    """Something the user can put right: a path, a file, a parameter, a full disk.

    Commands and stages print the message without a traceback and end with exit code 1, so the
    message must stand alone: what was expected, what was found, and where.
    """

    at_once = False
    """True: end the process as it stands; taking it down in order could hang or abort."""


def listing(problems: Iterable[str], limit: int = 20) -> str:
    """Write problems as indented lines; after ``limit`` of them only their number."""
    lines = list(problems)
    shown = [f"  {line}" for line in lines[:limit]]
    if len(lines) > limit:
        shown.append(f"  ... and {len(lines) - limit} more")
    return "\n".join(shown)


def exit_on_user_error(work: Callable[[], Result]) -> Result:
    """Call ``work``; what the user can put right is said in words, without a traceback.

    Ends the process with exit code 1 then, or with 130 where the user stopped it.
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
        raise
    except KeyboardInterrupt:
        _stop("stopped", 130)


def _stop(message: str, code: int = 1, *, at_once: bool = False) -> NoReturn:
    print(message, file=sys.stderr)
    if at_once:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)
