"""The one error that a user is meant to read, and how stages and commands end with it."""

import errno
import os
import stat
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
NO_WAY = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EIO,
    errno.ENXIO,
    errno.EMFILE,
    errno.EBUSY,
    errno.EXDEV,
}
IN_THE_WAY = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY}

FAILED, DEFECT, STOPPED = 1, 70, 130
"""Exit codes: a message says what to do; nobody foresaw it (EX_SOFTWARE of sysexits); Ctrl-C."""
REPORT = "this is a defect of crossdomain: please report it, with the lines above"

KINDS: dict[Callable[[int], bool], str] = {
    stat.S_ISREG: "a file",
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a FIFO",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


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

    Ends the process with exit code `FAILED` then, or `STOPPED` where the user stopped it. Shows the
    traceback too where `DEBUG` is set. Other errors go on.
    """
    try:
        return work()
    except UserError as error:
        _stop(f"error: {error}", at_once=error.at_once)
    except OSError as error:
        if (reason := refusal(error)) is None:
            raise
        _stop(f"error: {reason}")
    except (MemoryError, RuntimeError) as error:
        if not lacks_memory(error):
            raise
        _stop(f"error: not enough memory: {shortened(str(error)) or 'the system gives no more'}")
    except KeyboardInterrupt:
        _stop("stopped", STOPPED)


def exit_on_defect(work: Callable[[], Result]) -> Result:
    """Call ``work``; an error that is left has its traceback, and ends with exit code `DEFECT`.

    So a script can tell it from what the user can put right.
    """
    try:
        return work()
    except Exception:
        traceback.print_exc()
        _end(REPORT, DEFECT)


def exit_on_error(work: Callable[[], Result]) -> Result:
    """Call ``work`` as `exit_on_user_error` and `exit_on_defect` do."""
    return exit_on_defect(lambda: exit_on_user_error(work))


def lacks_memory(error: Exception) -> bool:
    """Tell whether an error of Python's or torch's is that there was not enough memory."""
    named = type(error).__name__ == "OutOfMemoryError"  # torch's, which is not imported here
    return isinstance(error, MemoryError) or named or "can't allocate memory" in str(error)


def refusal(error: OSError) -> str | None:
    """Say in words what the system refused; None where that may be a defect of ours."""
    if error.errno in NO_ROOM:
        return f"no room left to write {error.filename or 'output'}: {error.strerror}"
    if error.filename is None:
        return None
    if error.errno in NO_WAY:
        return f"{error.filename}: {error.strerror}"
    if error.errno in IN_THE_WAY:
        return in_the_way(Path(str(error.filename2 or error.filename)))
    return None


def unwritable(path: Path, error: OSError) -> UserError:
    """Return what to raise where ``path`` can't be written: it names the folder and the reason."""
    if (reason := refusal(error)) and error.errno not in NO_WAY:
        return UserError(reason)
    folder = next((above for above in path.absolute().parents if above.is_dir()), path.parent)
    reason = error.strerror or str(error)
    if error.errno == errno.ENOENT:  # of /proc, say, where folders are but nobody can add to them
        reason = "nothing can be created there"
    return UserError(f"can't write {path.name} in {folder}: {reason}")


def in_the_way(path: Path) -> str:
    """Say what stands where a file or folder should be written, and what to do."""
    return no_folder(path) or (
        f"expected no folder at {path}, found one: choose another name, or move it away"
    )


def no_folder(path: Path) -> str:
    """Say what there is in place of the folder ``path``, or of one that it lies in; "" for nothing.

    A link counts as what it leads to.
    """
    for above in (*reversed(path.parents), path):
        found = kind_of(above)
        if found not in ("", "a folder"):
            away = "" if found == "a device" else f", or move that {found.partition(' ')[2]} away"
            return f"expected a folder at {above}, found {found}: choose another place{away}"
    return ""


def kind_of(path: Path) -> str:
    """Say what is at a path, as "a file"; "" where nothing is, or it can't be seen."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        broken = error.errno in (errno.ENOENT, errno.ELOOP) and path.is_symlink()
        return "a broken link" if broken else ""
    return next(name for kind, name in KINDS.items() if kind(mode))


def _stop(message: str, code: int = FAILED, *, at_once: bool = False) -> NoReturn:
    if os.environ.get(DEBUG):
        traceback.print_exc()
    _end(message, code, at_once=at_once)


def _end(message: str, code: int, *, at_once: bool = False) -> NoReturn:
    print(message, file=sys.stderr)
    if at_once:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)
