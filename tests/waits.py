"""Where a step would wait for the device."""

import traceback

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Waits(TorchDispatchMode):
    """Notes where a value is read that a GPU would have to finish computing first."""

    reading = frozenset(
        {
            torch.ops.aten._local_scalar_dense.default,
            torch.ops.aten.is_nonzero.default,
            torch.ops.aten.nonzero.default,
            torch.ops.aten.equal.default,
        }
    )

    def __init__(self) -> None:
        super().__init__()
        self.places: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if func in self.reading:
            frames = [f for f in traceback.extract_stack() if "/pipeline/" in f.filename]
            self.places.append(f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "")
        return func(*args, **(kwargs or {}))
