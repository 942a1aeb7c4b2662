"""What happened in a run: its losses, written as DVCLive plots, and warnings; part of its state."""

import math
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypedDict

import torch
from torch import Tensor

from pipeline.errors import UserError

Row = dict[str, float]  # "step" and the means of what was logged since the row before

NEVER = 2**62


class Notice(TypedDict):
    """Something that looked wrong, and the steps after which it was first and last seen."""

    text: str
    first: int
    last: int


class History:
    """Sums up what each step logs, without waiting for the device."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.warnings: list[Notice] = []
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}
        self._first_lost: Tensor | None = None
        self.summary = ""

    def watch(self, step: int, losses: list[Tensor]) -> None:
        """Notes whether ``step`` is the first with a loss that is no finite number."""
        total = torch.stack([loss.detach().float() for loss in losses]).sum()
        found = torch.where(torch.isfinite(total), NEVER, step)
        first = self._first_lost
        self._first_lost = found if first is None else torch.minimum(first, found)

    @property
    def first_lost(self) -> int | None:
        """The first step with a loss that was no finite number; waits for the device."""
        step = NEVER if self._first_lost is None else int(self._first_lost)
        return None if step == NEVER else step

    def add(self, logs: Mapping[str, Tensor]) -> None:
        """Takes in scalars of one update."""
        for name, value in logs.items():
            value = value.detach().float()
            self._sums[name] = self._sums[name] + value if name in self._sums else value
            self._counts[name] = self._counts.get(name, 0) + 1

    def note(self, step: int, text: str) -> bool:
        """Keeps a warning that holds after ``step``; whether it is new."""
        for warning in self.warnings:
            if warning["text"] == text:
                warning["last"] = step
                return False
        self.warnings.append({"text": text, "first": step, "last": step})
        return True

    def close_interval(self, step: int) -> Row:
        """The means since the last call, as a new row."""
        means = {n: float(total) / self._counts[n] for n, total in self._sums.items()}
        row = {"step": float(step), **means}
        self.rows.append(row)
        self._sums, self._counts = {}, {}
        self.summary = "  ".join(f"{name} {value:.3g}" for name, value in means.items())
        return row

    def lost(self) -> list[str]:
        """Names of what is no finite number, in the newest row or since."""
        named = [*(self.rows[-1].items() if self.rows else ()), *self._sums.items()]
        return sorted({name for name, value in named if not math.isfinite(value)})

    def state(self) -> dict[str, Any]:
        """Everything, for a resumable state."""
        return {
            "rows": self.rows,
            "warnings": self.warnings,
            "sums": self._sums,
            "counts": self._counts,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Takes up what `state` gave."""
        self.rows = state["rows"]
        self.warnings = state["warnings"]
        self._sums = {name: torch.as_tensor(total) for name, total in state["sums"].items()}
        self._counts = state["counts"]

    def writer(self, folder: Path | None) -> "CurveWriter":
        """Writes the rows so far and those to come; None writes nowhere."""
        return CurveWriter(folder, self.rows)


class CurveWriter:
    """DVCLive's curves in a folder: ``plots/metrics/<name>.tsv``."""

    def __init__(self, folder: Path | None, rows: list[Row], resumed: bool = False) -> None:
        """Begins with ``rows``; ``resumed`` adds to what the folder has instead of replacing it."""
        self.folder, self.rows, self.resumed = folder, list(rows), resumed
        self._live: Any = None

    def __enter__(self) -> "CurveWriter":
        if self.folder is not None:
            self._live = start_live(self.folder, self.resumed)
            # Rows of a resumed run are written again, so the curves do not show the interruption.
            for row in self.rows:
                self.write(row)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None and error is None:
            self._live.end()

    def write(self, row: Row) -> None:
        """Appends one row."""
        if self._live is None:
            return
        self._live.step = int(row["step"])
        for name, value in row.items():
            if name != "step":
                self._live.log_metric(name, value)


def start_live(folder: Path, resumed: bool) -> Any:
    """DVCLive's writer; raises UserError in a git repository without a commit: it can't use one."""
    from dvclive.live import Live
    from scmrepo.exceptions import SCMError

    try:
        return Live(
            str(folder), resume=resumed, save_dvc_exp=False, dvcyaml=None, cache_images=False
        )
    except SCMError as error:
        raise UserError(
            f"the git repository around {folder.absolute()} can't be used ({error}); "
            "where it is new, commit once"
        ) from error
