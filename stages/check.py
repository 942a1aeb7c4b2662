"""python -m stages.check: refuse parameters and stages that don't fit, before anything is removed.

With --fix it writes what dvc.yaml lacks of the models' names, and removes what it has too many.
"""

import sys
from pathlib import Path

from pipeline.errors import UserError
from pipeline.scaffold.fixing import fix
from pipeline.scaffold.wiring import check_run
from stages.command import run
from stages.layout import CHECKED

PASSED = "params.yaml and dvc.yaml fit\n"  # always the same: see dvc.yaml


def main() -> None:
    """Check the run of this folder; with --fix, put dvc.yaml right before."""
    if sys.argv[1:] == ["--fix"]:
        changes = fix(Path())
        print("\n".join(change.words() for change in changes) or "nothing to change in dvc.yaml")
    elif sys.argv[1:]:
        raise UserError(f"expected --fix or nothing, found {' '.join(sys.argv[1:])}")
    check_run(Path())
    if not sys.argv[1:]:
        CHECKED.parent.mkdir(parents=True, exist_ok=True)
        CHECKED.write_text(PASSED, encoding="utf-8")


if __name__ == "__main__":
    run(main)
