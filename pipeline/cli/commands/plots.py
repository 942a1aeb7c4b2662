"""`crossdomain plots`: hand this folder's plots alone to DVC, which looks at all recipes'."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import UserError
from pipeline.scaffold.outputs import place
from pipeline.scaffold.wiring import load_dvc

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
            f"none of the {len(named)} plots of {STAGES.resolve()} is there yet: crossdomain repro"
        )
    dvc = [sys.executable, "-m", "dvc", "plots"]
    what = ["diff", *revisions, "--targets", *there] if revisions else ["show", *there]
    done = subprocess.run(
        [*dvc, *what, "-x", "step", "--out", str(out)], capture_output=True, text=True, check=False
    )
    if done.returncode or not (out / PAGE).is_file():
        raise UserError(f"DVC draws no plots: {(done.stderr or done.stdout).strip()}")
    missing = len(named) - len(there)
    return f"{len(there)} plots: {out / PAGE}" + (f"; {missing} not there" if missing else "")
