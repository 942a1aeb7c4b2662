"""The weights of a finished model: a file whose names and shapes are looked at before its size."""

from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from pipeline.errors import listing, shortened

MOST_HEADER = 2**24
"""Bytes of names, types and shapes: those of 100,000 tensors."""

NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
"""Types as safetensors calls them."""


def load_weights(model: nn.Module, path: Path) -> None:
    """Give a model on the meta device memory, and the weights of a file.

    The memory is that of weights which the file holds: what a model claims to be costs nothing
    until they are there. Raises ValueError where the file holds others, OSError or SafetensorError
    where it is damaged.
    """
    check_header(model, path)
    # Read, not mapped: who overwrites the file would change the model.
    model.load_state_dict(load_file(path, backend="pread"), assign=True)


def check_header(model: nn.Module, path: Path) -> None:
    """Raise ValueError unless a file holds tensors of a model's names, types and shapes."""
    check_header_length(path)
    state = model.state_dict()
    unsaved = [name for name, _ in model.named_buffers() if name not in state]
    assert not unsaved, f"no file could hold {unsaved}"
    with safe_open(path, framework="np") as file:
        names = set(file.keys())
        problems = [f"missing: {name}" for name in state if name not in names]
        problems += [f"unknown: {shortened(name)}" for name in sorted(names - state.keys())]
        for name in state.keys() & names:
            found = file.get_slice(name)
            shape, kind = list(state[name].shape), NAMES[state[name].dtype]
            if (shape, kind) != (found.get_shape(), found.get_dtype()):
                problems.append(
                    f"{name}: expected {kind} {shape}, found {found.get_dtype()} "
                    f"{found.get_shape()}"
                )
    if problems:
        raise ValueError(f"{path.name} holds the weights of another network:\n{listing(problems)}")


def check_header_length(path: Path) -> None:
    """Raise ValueError where a file's list of tensors claims to be longer than any model's."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if length > MOST_HEADER:
        raise ValueError(f"{path.name}: a header of {length:,} bytes is no model's")
