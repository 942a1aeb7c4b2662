"""A run's losses and warnings, part of its state."""

import math
from collections.abc import Mapping
from typing import Any, TypedDict

import torch
from torch import Tensor

from pipeline.monitoring.curves import Row

NEVER = 2**62


class Notice(TypedDict):
    """Something that looked wrong, and the steps after which it was first and last seen."""

    text: str
    first: int
    last: int


class History:
    """Averages what each step logs, without waiting for the device."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.warnings: list[Notice] = []
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}
        self._first_nonfinite: Tensor | None = None
        self.summary = ""

    def check(self, step: int, losses: list[Tensor]) -> None:
        """Note whether ``step`` is the first with a loss that is not finite."""
        total = torch.stack([loss.detach().float() for loss in losses]).sum()
        found = torch.where(torch.isfinite(total), NEVER, step)
        first = self._first_nonfinite
        self._first_nonfinite = found if first is None else torch.minimum(first, found)

    @property
    def first_nonfinite(self) -> int | None:
        """The first step with a loss that was not finite; waits for the device."""
        step = NEVER if self._first_nonfinite is None else int(self._first_nonfinite)
        return None if step == NEVER else step

    def add(self, logs: Mapping[str, Tensor]) -> None:
        """Add the scalars of one update."""
        for name, value in logs.items():
            value = value.detach().float()
            self._sums[name] = self._sums[name] + value if name in self._sums else value
            self._counts[name] = self._counts.get(name, 0) + 1

    def note(self, step: int, text: str) -> bool:
        """Keep a warning that holds after ``step``; return whether it is new."""
        for warning in self.warnings:
            if warning["text"] == text:
                warning["last"] = step
                return False
        self.warnings.append({"text": text, "first": step, "last": step})
        return True

    def close_interval(self, step: int) -> Row:
        """Append the means since the last call as a new row, and return it."""
        means = {n: float(total) / self._counts[n] for n, total in self._sums.items()}
        row = {"step": float(step), **means}
        self.rows.append(row)
        self._sums, self._counts = {}, {}
        self.summary = "  ".join(f"{name} {value:.3g}" for name, value in means.items())
        return row

    def nonfinite(self) -> list[str]:
        """Name what is not finite, in the newest row or since."""
        named = [*(self.rows[-1].items() if self.rows else ()), *self._sums.items()]
        return sorted({name for name, value in named if not math.isfinite(value)})

    def state(self) -> dict[str, Any]:
        """Return everything, for a resumable state."""
        return {
            "rows": self.rows,
            "warnings": self.warnings,
            "sums": self._sums,
            "counts": self._counts,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` gave."""
        self.rows = state["rows"]
        self.warnings = state["warnings"]
        self._sums = {name: torch.as_tensor(total) for name, total in state["sums"].items()}
        self._counts = state["counts"]
