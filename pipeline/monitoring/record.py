"""Records of a stage's last run: its date, seconds and code, which differ from run to run.

They stay out of what DVC tracks, so that two runs of the same give the same.
"""

import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pipeline
from pipeline.system.hardware import device, machine
from pipeline.system.json_files import write_json

EVALUATION = "evaluation.json"
"""The record of an evaluation: of a stage among the logs, of one's own beside its results."""


class Stopwatch:
    """Time of a stage's run since the stopwatch was made.

    A training that was killed and resumed has several runs; only the last is measured.
    """

    def __init__(self) -> None:
        self._began = time.perf_counter()

    def record(self, path: Path, weights: str, **facts: str | float) -> None:
        """Write the record of a stage that has finished, with more facts about it.

        ``weights``: the model's fingerprint, by which a reader knows whether the record is that of
        the model at hand.
        """
        commit, dirty = code_version()
        content = {
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - self._began, 1),
            "commit": commit,
            "dirty": dirty,
            "weights": weights,
            "machine": machine(device()),
            **facts,
        }
        write_json(path, content)


def code_version() -> tuple[str, bool]:
    """Return the short commit of this checkout, and whether files of the package were changed.

    The commit is "" where it is no checkout, or there is no git.
    """
    root = Path(pipeline.__file__).parents[1]
    if not (root / ".git").exists():
        return "", False
    commit = git(root, "rev-parse", "--short", "HEAD")
    return commit, bool(commit and git(root, "status", "--porcelain", "--", "pipeline"))


def git(root: Path, *arguments: str) -> str:
    """Return what a git command prints; nothing where it fails or there is no git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
