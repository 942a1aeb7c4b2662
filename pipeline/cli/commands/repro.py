"""`crossdomain repro`: check each run that is asked for, then hand over to `dvc repro`."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.cli.commands.targets import STAGES, is_other, is_recursive, parted, target_of
from pipeline.errors import UserError
from pipeline.params import GROUPS, Params
from pipeline.scaffold.wiring import check_run, group_of, load_dvc

DRY, REAL = "pipeline.cli.commands.dvc_dry", "pipeline.cli.commands.dvc_repro"


def run(arguments: Sequence[str]) -> None:
    """Check the folders that ``arguments`` of `dvc repro` name, and become that command.

    Raises UserError with the mistakes of a folder's params.yaml and dvc.yaml, and for a target that
    is no stage.
    """
    targets = [target_of(argument) for argument in arguments]
    places = [parted(target) for target in targets if not target.startswith("-")]
    checked = {folder: checked_run(folder) for folder in dict(places or [(Path(), "")])}
    if not any(is_other(argument) for argument in arguments):
        for folder, stage in places:
            if stage:
                check_stage(stage, folder, checked[folder])
    if any(map(is_recursive, arguments)):
        targets = list(arguments)  # a folder's dvc.yaml would leave out those below it
    hand_over([sys.executable, "-m", DRY if "--dry" in arguments else REAL, "repro", *targets])


def checked_run(folder: Path) -> Params:
    """Return the parameters of a folder; raise UserError where it has no stages, or mistakes."""
    if not (folder / STAGES).is_file():
        raise UserError(
            f"expected {STAGES} in {folder.resolve()}: run this in the project's folder, in a "
            "recipe's, or with a recipe's folder behind it"
        )
    return check_run(folder)


def check_stage(target: str, folder: Path, params: Params) -> None:
    """Raise UserError, with what there is, where STAGE or STAGE@BLOCK is none of a folder's."""
    stages = load_dvc(folder / STAGES)["stages"]
    name, at, block = target.partition("@")
    if name not in stages:
        recipes = sorted(path.parent.as_posix() for path in Path().glob(f"recipes/*/{STAGES}"))
        raise UserError(
            f"'{target}' is no stage of {folder / STAGES}, and no folder of a recipe; stages: "
            f"{', '.join(stages)}; recipes: {', '.join(recipes) or 'none'}"
        )
    group = group_of(stages[name])
    if at and group in GROUPS and block not in (blocks := getattr(params, group)):
        there = ", ".join(blocks) or "none"
        raise UserError(f"{name} has no '{block}'; {group} in params.yaml has: {there}")
    if at and not {"foreach", "matrix"} & stages[name].keys():
        raise UserError(f"'{target}' is no stage of {folder / STAGES}: {name} has no blocks")


def hand_over(command: Sequence[str]) -> None:
    """Become another process, so that signals reach it; stages find this Python as `python`."""
    sys.stdout.flush()
    own = Path(sys.executable).parent
    os.environ["PATH"] = f"{own}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    os.execv(command[0], list(command))
