"""Curves of a run, as DVCLive writes them."""

from pathlib import Path
from types import TracebackType
from typing import Any

from pipeline.errors import UserError

Row = dict[str, float]
"""``step`` and the means of what was logged since the row before."""


class CurveWriter:
    """DVCLive's curves in a folder: ``plots/metrics/<name>.tsv``."""

    def __init__(self, folder: Path | None, rows: list[Row], resumed: bool = False) -> None:
        """Begin with ``rows``; ``resumed`` adds to what the folder has instead of replacing it."""
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
        """Append one row."""
        if self._live is None:
            return
        self._live.step = int(row["step"])
        for name, value in row.items():
            if name != "step":
                self._live.log_metric(name, value)


def start_live(folder: Path, resumed: bool) -> Any:
    """Start DVCLive; raise UserError in a git repository without a commit: it can't use one."""
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
