"""Files of tensors that a user hands over; no code in them is ever run."""

import pickle
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

import torch
from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from pipeline.errors import UserError, listing

Weights = Mapping[str, Tensor]


class Inert:
    """A stand-in for an object of a class that is not asked for: it takes anything, does nothing.

    Trainers leave their own objects beside the weights, at which reading would end.
    """

    def __new__(cls, *_: object, **__: object) -> Self:
        """Create the object without the arguments."""
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Forget it."""


def load_tensors(path: Path, expected: str, wrapper: str, inert: bool = False) -> Weights:
    """Return the tensors of a file, by names without the prefix of torch's DataParallel.

    They may lie in a dictionary under ``wrapper``; ``inert``: objects beside that dictionary are
    left out, of whatever class, whose code is not run. Raises UserError, which begins with what
    was ``expected``, where the file holds anything else.
    """
    try:
        found = _load_inert(path) if inert else _load(path)
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


def fitted(weights: Weights, state: Mapping[str, Tensor], of: str) -> dict[str, Tensor]:
    """Return the weights that ``state`` names, float32.

    Raises UserError, which begins with ``of``, with all that is missing, too much or of another
    shape than in ``state``.
    """
    problems = [f"missing: {name}" for name in state if name not in weights]
    problems += [f"unknown: {name}" for name in sorted(weights.keys() - state.keys())]
    problems += [
        f"{name}: expected {list(expected.shape)}, found {list(weights[name].shape)}"
        for name, expected in state.items()
        if name in weights and weights[name].shape != expected.shape
    ]
    if problems:
        raise UserError(f"{of}, but\n{listing(problems)}")
    return {name: weights[name].detach().float() for name in state}


def _load(path: Path) -> object:
    return torch.load(path, map_location="cpu", weights_only=True)


def _load_inert(path: Path) -> object:
    try:
        return _load(path)
    except pickle.UnpicklingError:
        names = get_unsafe_globals_in_checkpoint(path)
        with safe_globals([(type(name, (Inert,), {}), name) for name in names]):
            return _load(path)


def some(names: Iterable[str], limit: int = 5) -> str:
    """Return the first names of many."""
    every = list(names)
    more = f", ... ({len(every)})" if len(every) > limit else ""
    return (", ".join(every[:limit]) or "none") + more
