"""A run's vital signs: speed, waiting for data, memory, learning rates, gradient norms.

They differ from run to run, so they stay out of what DVC tracks: a folder of DVCLive's with the
losses beside them, and TensorBoard's files in it where the package tensorboard is installed.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import torch

from pipeline.monitoring.curves import CurveWriter, Row
from pipeline.system.hardware import memory_used


class Telemetry:
    """Measures a run between one row and the next, and writes the rows."""

    def __init__(self, folder: Path | None, device: torch.device, resumed: bool) -> None:
        """Measure but do not write for ``folder`` None; ``resumed`` goes on with what is there."""
        self.device = device
        self._curves = CurveWriter(folder, [], resumed=resumed)
        self._board = None if folder is None else tensorboard(folder)
        self._began, self._waited, self._steps = time.perf_counter(), 0.0, 0

    def __enter__(self) -> "Telemetry":
        self._curves.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._curves.__exit__(kind, error, trace)
        if self._board is not None:
            self._board.close()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time the block that gets the next batch."""
        began = time.perf_counter()
        yield
        self._waited += time.perf_counter() - began
        self._steps += 1

    def write(self, row: Row, signs: Mapping[str, float]) -> None:
        """Write a row of losses with ``signs`` and what was measured since the last."""
        row = {**row, **signs, **self.measure()}
        self._curves.write(row)
        if self._board is not None:
            for name, value in row.items():
                if name != "step":
                    self._board.add_scalar(name, value, int(row["step"]))

    def measure(self) -> dict[str, float]:
        """Measure steps per second, the share of time spent waiting for data, and GiB of memory."""
        now = time.perf_counter()
        seconds = max(now - self._began, 1e-9)
        found = {
            "speed/steps_per_second": self._steps / seconds,
            "speed/data_wait": self._waited / seconds,
            "speed/memory_gib": memory_used(self.device) / 2**30,
        }
        self._began, self._waited, self._steps = now, 0.0, 0
        return found


def tensorboard(folder: Path) -> Any:
    """Return TensorBoard's writer, or None where it is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"))
