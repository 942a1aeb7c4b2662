"""Files of tensors that a user hands over; no code in them is ever run."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor

from pipeline.errors import UserError

Weights = Mapping[str, Tensor]


def load_tensors(path: Path, expected: str, wrapper: str) -> Weights:
    """The tensors of a file, by names without the prefix of torch's DataParallel.

    They may lie in a dictionary under ``wrapper``. Raises UserError, which begins with what was
    ``expected``, where the file holds anything else.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror or error}") from error
    except Exception as error:  # damaged pickles fail in any way
        raise UserError(
            f"{path}: {expected}, found no file of tensors alone: it is damaged, of another "
            "format, or a whole pickled network, whose code is not run (save its state_dict)"
        ) from error
    if isinstance(found, dict) and isinstance(found.get(wrapper), dict):
        found = found[wrapper]
    if not isinstance(found, dict):
        raise UserError(f"{path}: {expected}, but it holds a {type(found).__name__}")
    if strange := [str(key) for key, value in found.items() if not isinstance(value, Tensor)]:
        raise UserError(f"{path}: {expected}, but these are no tensors: {some(strange)}")
    return {str(key).removeprefix("module."): value for key, value in found.items()}


def some(names: Iterable[str], limit: int = 5) -> str:
    """The first names of many."""
    every = list(names)
    more = f", ... ({len(every)})" if len(every) > limit else ""
    return (", ".join(every[:limit]) or "none") + more
