"""The folders with a params.yaml and a dvc.yaml that the project comes with, and copies of them."""

import shutil
import subprocess
from pathlib import Path

import tiny

# Beside them lie the user's own.
RECIPES = (
    "facades-256",
    "fsdd",
    "gans",
    "horse2zebra-256",
    "latent",
    "papers",
    "theory",
    "vcc2016",
    "zoo",
)
RUNS = [tiny.ROOT, *(tiny.ROOT / "recipes" / name for name in RECIPES)]


def copy_run(folder: Path, to: Path) -> Path:
    """Copies the params.yaml and dvc.yaml of one of them into another folder, which it returns."""
    to.mkdir(parents=True, exist_ok=True)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(folder / name, to)
    return to


def copy_project(to: Path, python: str) -> None:
    """Makes a folder a repository with the root's stages and all their code.

    ``python``: the script that its stages are to call as Python, where its bin/ is first in PATH.
    """
    copy_run(tiny.ROOT, to)
    shutil.copy(tiny.ROOT / ".dvcignore", to)
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("pipeline", "stages"):
        shutil.copytree(tiny.ROOT / name, to / name, ignore=ignore)
    for name in (".dvc", "bin"):
        (to / name).mkdir()
    shutil.copy(tiny.ROOT / ".dvc/config", to / ".dvc/config")
    write_script(to / "bin/python", python)
    subprocess.run(["git", "init", "-q"], cwd=to, check=True)


def write_script(path: Path, content: str) -> None:
    """Writes a file that can be called."""
    path.write_text(content)
    path.chmod(0o755)
