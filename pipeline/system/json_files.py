"""JSON files: written in one form, and read within bounds, for a stranger may have written them."""

import json
from pathlib import Path
from typing import Any, NoReturn

from pipeline.errors import shortened
from pipeline.system.files import make_folder, write
from pipeline.system.text_files import read_bounded

MOST_BYTES = 2**26
MOST_VALUES = 10**6
DEEPEST = 64
"""Lists and objects within each other."""


def write_json(path: Path, content: object) -> None:
    """Write a file, and the folders that it lies in: a value a line, and a line's end at the end.

    Equal content gives equal bytes. Raises OSError and UserError as `write` does.
    """
    make_folder(path.parent)
    write(path, (json.dumps(content, indent=1) + "\n").encode())


def read_json(path: Path) -> Any:
    """Read a file; raise OSError where that is not possible, and ValueError as `parse_json` does
    and where it is too large."""
    return parse_json(read_bounded(path, MOST_BYTES))


def parse_json(text: str) -> Any:
    """Parse JSON as its standard has it: NaN and infinities are no numbers.

    Raises ValueError, in words, where a text is none, or has too many values or too deep ones.
    """
    # Each value but the first stands behind one of these. In strings they count too, at no harm.
    if (values := text.count(",") + text.count("[") + text.count("{")) > MOST_VALUES:
        raise ValueError(f"found up to {values:,} values, allowed: {MOST_VALUES:,}")
    try:
        found = json.loads(text, parse_constant=_refuse)
    except RecursionError as error:
        raise _too_deep() from error
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error}") from error
    _check_depth(found)
    return found


def _check_depth(found: object) -> None:
    level = [found]
    for _ in range(DEEPEST + 1):
        level = [value for outer in level for value in _inside(outer)]
        if not level:
            return
    raise _too_deep()


def _inside(outer: object) -> list[object]:
    if isinstance(outer, dict):
        return list(outer.values())
    return outer if isinstance(outer, list) else []


def _too_deep() -> ValueError:
    return ValueError(f"found more than {DEEPEST} lists and objects within each other")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{shortened(constant)} is no number of JSON")
