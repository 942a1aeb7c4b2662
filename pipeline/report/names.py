"""File names for what params.yaml may call anything."""

import hashlib
import re
from collections.abc import Iterable

LONGEST = 60  # characters, of any name
DIGEST = 8  # characters of a checksum that tells names apart


def file_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name a file name of its own, without an ending.

    A name of plain letters, digits, ``_``, ``-`` stays as it is. Of another the rest becomes ``-``,
    and a checksum of the name follows, as it does where two differ in case alone: some file systems
    take those for one.
    """
    every = list(dict.fromkeys(names))
    lowered = [name.lower() for name in every]
    return {
        name: name if is_plain(name) and lowered.count(name.lower()) == 1 else distinct(name)
        for name in every
    }


def is_plain(name: str) -> bool:
    """Tell whether a name can be a file's on every system, and an address as it stands."""
    return len(name) <= LONGEST and re.fullmatch(r"\w[\w-]*", name, re.ASCII) is not None


def distinct(name: str) -> str:
    """Make a file name of any name: its plain characters, and a checksum of the whole."""
    plain = re.sub(r"[^\w-]+", "-", name, flags=re.ASCII).strip("-")[:LONGEST]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST]
    return f"{plain}-{digest}".lstrip("-")
