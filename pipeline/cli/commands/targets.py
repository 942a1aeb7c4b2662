"""Targets of `dvc repro`: which folder and which stage each names."""

from collections.abc import Sequence
from pathlib import Path

STAGES = "dvc.yaml"


def target_of(argument: str) -> str:
    """Return an argument of `dvc repro`; a recipe's folder stands for its dvc.yaml."""
    path = Path(argument) / STAGES
    return path.as_posix() if path.is_file() else argument


def parted(target: str) -> tuple[Path, str]:
    """Return the folder and the stage of FOLDER/dvc.yaml:STAGE, or of STAGE or :STAGE in this one.

    "" for all stages of the folder, and for a .dvc file.
    """
    file, _, stage = target.partition(":")
    if not file or Path(file).name == STAGES:
        return Path(file).parent, stage
    return Path(), "" if file.endswith(".dvc") else target


def is_other(argument: str) -> bool:
    """Tell whether an option makes targets something else than stages: folders, or patterns."""
    return argument == "--glob" or is_recursive(argument)


def is_recursive(argument: str) -> bool:
    """Tell whether an option makes a folder stand for every dvc.yaml below it."""
    short = argument.startswith("-") and not argument.startswith("--")
    return argument == "--recursive" or (short and "R" in argument)


def folders_of(arguments: Sequence[str]) -> list[Path]:
    """Return the folders whose stages `dvc repro` runs with these arguments, each once."""
    targets = [argument for argument in arguments if not argument.startswith("-")]
    if any(is_other(argument) for argument in arguments):
        return sorted({folder for target in targets for folder in folders_below(target)})
    return list(dict.fromkeys(parted(target)[0] for target in targets)) or [Path()]


def folders_below(target: str) -> list[Path]:
    """Return the folders of every dvc.yaml below a folder; a dvc.yaml counts with its own."""
    path = Path(target)
    return [path.parent] if path.name == STAGES else [at.parent for at in path.rglob(STAGES)]
