"""`crossdomain repro`: check each run that is asked for, then hand over to `dvc repro`."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import UserError
from pipeline.scaffold.wiring import check_run

STAGES = "dvc.yaml"


def run(arguments: Sequence[str]) -> None:
    """Check the folders that ``arguments`` of `dvc repro` name, and become that command.

    Raises UserError with the mistakes of a folder's params.yaml and dvc.yaml.
    """
    targets = [target_of(argument) for argument in arguments]
    for folder in dict.fromkeys(folders_of(targets)):
        if not (folder / STAGES).is_file():
            raise UserError(
                f"expected {STAGES} in {folder.resolve()}: run this in the project's folder, in a "
                "recipe's, or with a recipe's folder behind it"
            )
        check_run(folder)
    hand_over([sys.executable, "-m", "dvc", "repro", *targets])


def target_of(argument: str) -> str:
    """Return an argument of `dvc repro`; a recipe's folder stands for its dvc.yaml."""
    path = Path(argument) / STAGES
    return path.as_posix() if path.is_file() else argument


def folders_of(targets: Sequence[str]) -> list[Path]:
    """Return the folders whose stages targets name: FOLDER/dvc.yaml:STAGE, or STAGE in this one."""
    named = [target for target in targets if not target.startswith("-")]
    files = [target.partition(":")[0] for target in named]
    return [Path(file).parent if Path(file).name == STAGES else Path() for file in files] or [
        Path()
    ]


def hand_over(command: Sequence[str]) -> None:
    """Become another process, so that signals reach it; stages find this Python as `python`."""
    sys.stdout.flush()
    own = Path(sys.executable).parent
    os.environ["PATH"] = f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.execv(command[0], list(command))
