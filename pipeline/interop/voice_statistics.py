"""Mean and std of a speaker's frames as GANtastic3/MaskCycleGAN-VC saves them, read.

``SPEAKER_norm_stat.npz`` is what ``numpy.savez`` writes of ``mean`` and ``std``, [M, 1] each.
"""

import zipfile
from io import BytesIO
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.codecs.sound import Statistics
from pipeline.errors import UserError, shortened, some

MOST_BYTES = 2**20
"""Of a file and of what is in it: a thousand times what statistics take."""
NAMES = ("mean", "std")


def read_statistics(path: Path, features: int) -> Statistics:
    """Read the mean and std of each of the ``features`` of a frame.

    Raises UserError, with what was expected and what was found, where the file holds none.
    """
    expected = (
        f"expected mean and std of {features} features, as numpy.savez writes them "
        "(SPEAKER_norm_stat.npz)"
    )
    try:
        arrays = {name: array_in(content, features) for name, content in contents(path).items()}
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror or error}") from error
    except Exception as error:  # damaged archives fail in any way
        known = isinstance(error, ValueError)
        found = shortened(str(error)) if known else "a damaged file"
        raise UserError(f"{path}: {expected}, found {found}") from error
    mean, std = (arrays[name] for name in NAMES)
    if not (np.isfinite(mean).all() and np.isfinite(std).all() and (std > 0).all()):
        raise UserError(f"{path}: {expected}, found values that are not finite, or stds of 0")
    return Statistics(mean=tuple(mean.tolist()), std=tuple(std.tolist()))


def contents(path: Path) -> dict[str, bytes]:
    """Return the files of the two arrays in an archive.

    Raises OSError where it can't be read, ValueError where it lacks one or is larger than it may
    be, and anything else where it is damaged.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.stat().st_size:,} bytes")
    with path.open("rb") as file:
        if not file.read(4).startswith(b"PK"):
            raise ValueError("no archive of numpy's (.npz)")
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
        if missing := [name for name in NAMES if name not in entries]:
            raise ValueError(f"no {' and no '.join(missing)}, but {some(entries)}")
        for name in NAMES:
            if (size := entries[name].file_size) > MOST_BYTES:
                raise ValueError(f"{name} of {size:,} bytes")
        return {name: archive.read(entries[name]) for name in NAMES}


def array_in(content: bytes, count: int) -> npt.NDArray[np.float64]:
    """Return the ``count`` numbers in a file of numpy's (.npy).

    Its shape is compared before anything of that size is made. Raises ValueError where it holds
    others, and anything else where it is damaged.
    """
    file = BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("an array in a format that plain numbers don't need")
    shape, _, kind = np.lib.format.read_array_header_1_0(file)
    if kind.kind != "f" or prod(shape) != count:
        raise ValueError(f"an array {shortened(str(list(shape)))} of {shortened(str(kind))}")
    with np.errstate(all="ignore"):  # of what is no number, which is told apart later
        return np.frombuffer(file.read(), kind, count).astype(np.float64)
