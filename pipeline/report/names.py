"""File names for what params.yaml may call anything."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable

LONGEST = 60  # characters, of any name
DIGEST = 8  # characters of a checksum that tells names apart

Parts = tuple[str, ...]
"""A name of one or several parts."""


def file_names(names: Iterable[Parts]) -> dict[Parts, str]:
    """Give each name a file name of its own, without an ending: its parts, joined by ``-``.

    One of plain letters, digits, ``_``, ``-`` stays as it is. Of another the rest becomes ``-``,
    and a checksum of the parts follows, as it does where others are joined to the same but for
    case: some file systems take those for one.
    """
    joined = {parts: "-".join(parts) for parts in names}
    lowered = Counter(name.lower() for name in joined.values())
    return {
        parts: name if is_plain(name) and lowered[name.lower()] == 1 else distinct(parts)
        for parts, name in joined.items()
    }


def is_plain(name: str) -> bool:
    """Tell whether a name can be a file's on every system, and an address as it stands."""
    return len(name) <= LONGEST and re.fullmatch(r"\w[\w-]*", name, re.ASCII) is not None


def distinct(parts: Parts) -> str:
    """Make a file name of any parts: their plain characters, and a checksum of the whole."""
    plain = re.sub(r"[^\w-]+", "-", "-".join(parts), flags=re.ASCII).strip("-")[:LONGEST]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:DIGEST]
    return f"{plain}-{digest}".lstrip("-")
