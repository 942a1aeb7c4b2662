"""Files as a stranger may hand them over, and what reading them may cost."""

import json
import resource
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MOST_SECONDS = 5.0
MOST_BYTES = 2**30


@contextmanager
def bounded() -> Iterator[None]:
    """Fails where what is done within takes too much of the processor, whatever else runs there, or
    too much memory more than before.
    """
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    seconds = time.process_time() - began
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    assert seconds < MOST_SECONDS, f"{seconds:.1f} s"
    assert grown < MOST_BYTES, f"{grown / 2**20:.0f} MiB"


def edited(folder: Path, out: Path, *keys: str, value: object) -> Path:
    """A copy of a finished model with another value in its card, at a path of keys."""
    shutil.copytree(folder, out)
    card = json.loads((out / "params.json").read_text())
    place: Any = card
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = value
    (out / "params.json").write_text(json.dumps(card))
    return out
