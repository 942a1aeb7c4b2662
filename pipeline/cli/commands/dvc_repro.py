"""`dvc`, which ends a `repro` that went well with the place of the report.

In DVC's own process, so that signals reach it as they do without.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from dvc.cli import main

from pipeline.cli.commands.targets import folders_of

REPORT = Path("data/report/index.html")


def reports(arguments: Sequence[str]) -> list[Path]:
    """Return the reports of the folders that ``arguments`` of `dvc repro` name, as far as there
    are."""
    every = [folder / REPORT for folder in folders_of(arguments)]
    return [report for report in every if report.is_file()]


if __name__ == "__main__":
    code = main(sys.argv[1:])
    for report in reports(sys.argv[2:]) if code == 0 else ():
        print(f"The report: {report.as_posix()}")
    sys.exit(code)
