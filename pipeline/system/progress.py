"""Progress of long work: a bar on a terminal, plain lines now and then elsewhere."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

LINE_SECONDS = 10.0  # between plain lines: often enough to trust it, seldom enough to read


class Progress:
    """Counts steps towards ``total`` and shows rate and time left.

    Writes to standard error, so that results on standard output stay clean.
    """

    def __init__(
        self, label: str, total: int, unit: str, start: int = 0, silent: bool = False
    ) -> None:
        """Take ``silent`` to show nothing: of several processes that do one thing, one speaks."""
        self.silent = silent
        self.label, self.total, self.unit = label, total, unit
        self._done, self._first = start, start
        self._began = self._last_line = time.monotonic()
        self._console = Console(stderr=True)
        self._bar: Bar | None = None
        self._task = TaskID(0)
        self._note = ""

    def __enter__(self) -> "Progress":
        if self.silent:
            return self
        if self._console.is_terminal:
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[note]}"),
                console=self._console,
            )
            self._bar.start()
            self._task = self._bar.add_task(
                self.label, total=self.total, completed=self._done, rate="", note=""
            )
        else:
            self._line("")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif error is None:
            self._line(f"done in {time.monotonic() - self._began:.1f} s")

    def skip(self, steps: int) -> None:
        """Count steps that an earlier run took."""
        self._done += steps
        self._first += steps
        if self._bar is not None:
            self._bar.update(self._task, advance=steps)

    @property
    def done(self) -> int:
        """Steps that are counted."""
        return self._done

    def advance(self, note: str = "") -> None:
        """Count one step more; ``note`` (losses, say) is shown from then on."""
        self.reach(self._done + 1, note)

    def reach(self, done: int, note: str = "") -> None:
        """Count up to ``done`` steps in all; see `advance`."""
        steps = max(0, done - self._done)
        self._done += steps
        if self._bar is not None:
            rate = f"{self.rate:.1f} {self.unit}/s"
            self._note = note or self._note
            self._bar.update(self._task, advance=steps, rate=rate, note=self._note)
        elif time.monotonic() - self._last_line > LINE_SECONDS:
            self._line(note)

    def say(self, text: str) -> None:
        """Show a line of its own, above the bar where there is one."""
        if self._bar is not None:
            self._console.print(text)
        elif not self.silent:
            print(text, file=sys.stderr, flush=True)

    @property
    def rate(self) -> float:
        """Steps per second since the start."""
        return (self._done - self._first) / max(time.monotonic() - self._began, 1e-9)

    def _line(self, note: str) -> None:
        if self.silent:
            return
        self._last_line = time.monotonic()
        left = (self.total - self._done) / self.rate if self.rate > 0 else None
        pieces = [f"{self.label}: {self._done}/{self.total} {self.unit}"]
        if left is not None and self._done < self.total:
            pieces.append(f"{self.rate:.1f} {self.unit}/s, {left:.0f} s left")
        if note:
            pieces.append(note)
        print(" | ".join(pieces), file=sys.stderr, flush=True)
