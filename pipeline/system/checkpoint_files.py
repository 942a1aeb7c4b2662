"""Files of torch.save that a stranger may have written: what is in them, without any code run.

torch's own ``weights_only`` runs no code, but takes what costs far more memory or time than the
file has bytes, and ends at the objects that trainers leave beside the weights.
"""

import io
import re
import warnings
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, Self

import torch
from torch.serialization import safe_globals

from pipeline.system.pickle_scan import Scan, scan

MOST_PICKLED = 2**22
"""Bytes of names and shapes, beside the values: those of 10,000 tensors."""
ZIP = b"PK\x03\x04"
LEGACY = 5  # pickles that a file of torch before 1.6 begins with; the fourth has the tensors

MAKES_MEMORY = re.compile(r"builtins\.bytearray|torch\.(\w+\.)*\w*Tensor|torch\.storage\.\w+")
"""Classes that take as much memory as a number in the file says."""


class Inert:
    """A stand-in for an object of a class that is not torch's: it takes anything, does nothing."""

    def __new__(cls, *_: object, **__: object) -> Self:
        """Create the object without the arguments."""
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Forget it."""


class InertDict:
    """A stand-in for a class of dictionaries, whose objects keep what is in them."""

    def __new__(cls, *_: object, **__: object) -> Any:
        """Create a plain dictionary, the only kind that torch fills, without the arguments."""
        return OrderedDict()


def load_inert(path: Path) -> object:
    """Return what a file holds; objects of classes that are not torch's are `Inert`.

    Raises OSError where it can't be read, ValueError in words where it would cost memory or time
    that its size does not show, and anything else where it is damaged.
    """
    found = scan_file(path)
    if strange := sorted(name for name in found.names if MAKES_MEMORY.fullmatch(name)):
        raise ValueError(f"objects that no file of weights needs: {', '.join(strange[:5])}")
    stand_ins = {
        name: InertDict if name in found.dictionaries else type(name, (Inert,), {})
        for name in found.names
    }
    with warnings.catch_warnings(), safe_globals([(kind, at) for at, kind in stand_ins.items()]):
        warnings.simplefilter("ignore")
        return torch.load(path, map_location="cpu", weights_only=True)


def scan_file(path: Path) -> Scan:
    """Go through the pickles of a file.

    Raises OSError where it can't be read, ValueError where it is of another format, larger
    unpacked, or takes more than a file of weights needs.
    """
    with path.open("rb") as file:
        begins = file.read(MOST_PICKLED)
    if not begins.startswith(ZIP):  # as torch tells them apart
        return scan(io.BytesIO(begins), LEGACY)
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        size = sum(entry.file_size for entry in entries)
        if size > path.stat().st_size or any(entry.compress_type for entry in entries):
            raise ValueError(f"a packed file, of {size:,} bytes unpacked: torch packs none")
        pickled = [entry for entry in entries if entry.filename.endswith("data.pkl")]
        if len(pickled) != 1 or pickled[0].file_size > MOST_PICKLED:
            raise ValueError("a file without one list of tensors (data.pkl), or with a vast one")
        return scan(io.BytesIO(archive.read(pickled[0])), 1)
