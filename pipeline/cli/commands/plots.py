"""`crossdomain plots`: hand this folder's plots alone to DVC, which looks at all recipes'."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import UserError
from pipeline.scaffold.outputs import place
from pipeline.scaffold.wiring import load_dvc
from pipeline.system.files import check_folder

STAGES, PAGE = Path("dvc.yaml"), "index.html"


def run(revisions: Sequence[str], out: Path) -> str:
    """Draw the plots of this folder, or how they differ between revisions; return what was written.

    DVC alone gives up where the lock of any recipe names outputs that are not on this machine.
    Raises UserError where there is nothing to draw yet, or DVC fails.
    """
    if not STAGES.is_file():
        raise UserError(f"expected {STAGES} here: run this in the project's folder or a recipe's")
    named = [place(item) for item in load_dvc(STAGES).get("plots") or []]
    # With ./ they are files; without, DVC takes them for names that other recipes have too.
    there = [f"./{name}" for name in named if Path(name).exists()]
    if not there:
        raise UserError(
            f"none of the {len(named)} plots of {STAGES.resolve()} is there yet: make them by "
            "`crossdomain repro`, or fetch them by `dvc pull`"
        )
    check_folder(out)
    dvc = [sys.executable, "-m", "dvc", "plots"]
    what = ["diff", *revisions, "--targets", *there] if revisions else ["show", *there]
    before = written(out / PAGE)
    done = subprocess.run(
        [*dvc, *what, "-x", "step", "--out", str(out)], capture_output=True, text=True, check=False
    )
    if done.returncode or written(out / PAGE) == before:
        raise UserError(f"DVC draws no plots: {reason_of(done, revisions)}")
    missing = len(named) - len(there)
    return f"{len(there)} plots: {out / PAGE}" + (f"; {missing} not there" if missing else "")


def written(page: Path) -> int | None:
    """Return when a file was written, in nanoseconds; None where there is none."""
    return page.stat().st_mtime_ns if page.is_file() else None


def reason_of(done: "subprocess.CompletedProcess[str]", revisions: Sequence[str]) -> str:
    """Say why DVC drew nothing: in its own words, or where it has none the likely cause."""
    said = (done.stderr or done.stdout).strip()
    if done.returncode and said:
        return said
    what = f"the plots of {' and '.join(revisions)}" if revisions else "the plots of this folder"
    cause = (
        f"it found none of {what}, probably since the outputs are neither here nor in DVC's cache: "
        "make them by `crossdomain repro`, or fetch them by `dvc pull`"
    )
    return f"{said}\n{cause}" if said else cause
