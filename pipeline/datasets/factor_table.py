"""The factors of a domain's items on their way into the store, a row an item.

While a preparation runs, rows are appended to a file without a header, as many as there are items
safely on the disk; at the end they become ``factors.npy``. Memory stays flat whatever their number.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from pipeline.datasets.factors import Factor, encoded
from pipeline.datasets.source import Item

ROWS = "factors.rows"
TABLE = "factors.npy"
CHUNK = 2**20  # bytes


class FactorTable:
    """Writes the factors of one domain's items; nothing at all where none are declared."""

    def __init__(self, folder: Path, factors: Mapping[str, Factor]) -> None:
        """Take ``factors`` as name -> type, of every item."""
        self.folder, self.factors = folder, factors
        self.dtype = np.dtype([(name, factor.dtype) for name, factor in factors.items()])
        self._pending: list[tuple[float, ...]] = []

    def resume(self, items: int) -> None:
        """Keep the rows of the first ``items`` items, which are on the disk, and drop the rest."""
        if self.factors and (self.folder / ROWS).exists():
            with (self.folder / ROWS).open("r+b") as file:
                file.truncate(items * self.dtype.itemsize)

    def add(self, item: Item) -> None:
        """Take in one item; raises ValueError where its factors are not those declared."""
        try:
            self._pending.append(encoded(self.factors, item.factors))
        except ValueError as error:
            raise ValueError(f"item '{item.key}': {error}") from error

    def flush(self) -> None:
        """Append what is pending to the file of rows; it is on the disk when this returns."""
        if self.factors:
            with (self.folder / ROWS).open("ab") as file:
                file.write(np.array(self._pending, self.dtype).tobytes())
                file.flush()
                os.fsync(file.fileno())  # cut off by a power failure, it would be filled with zeros
        self._pending = []

    def close(self, items: int, digest: Callable[[bytes], None]) -> None:
        """Write ``factors.npy`` from the rows of all ``items``; ``digest`` takes in the rows.

        Raises OSError, with the file's name, where the disk is full.
        """
        if not self.factors:
            return
        path = self.folder / TABLE
        header = {
            "descr": np.lib.format.dtype_to_descr(self.dtype),
            "fortran_order": False,
            "shape": (items,),
        }
        try:
            with (self.folder / ROWS).open("rb") as rows, path.open("wb") as table:
                np.lib.format.write_array_header_1_0(table, header)
                while chunk := rows.read(CHUNK):
                    digest(chunk)
                    table.write(chunk)
                table.flush()
                os.fsync(table.fileno())
        except OSError as error:
            error.filename = str(path)
            raise
