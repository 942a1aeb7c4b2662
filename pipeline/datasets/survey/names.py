"""Names for domains and blocks, made of folders' names."""

import os.path
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.datasets.views import VIEWS
from pipeline.system.yaml_files import parse_yaml


def domain_names(folders: Sequence[str]) -> list[str]:
    """Return a name for each folder's domain: valid in params.yaml, and different, whatever the
    case.

    The store makes folders of them, which some systems tell apart by more than the case only.
    """
    names: list[str] = []
    for folder in folders:
        wanted = valid(folder, "domain")
        wanted = f"{wanted}_pictures" if wanted in VIEWS else wanted
        name, number = wanted, 2
        while name.casefold() in {taken.casefold() for taken in names}:
            name, number = f"{wanted}_{number}", number + 1
        names.append(name)
    return names


def folder_name(folder: Path) -> str:
    """Return what a folder is called where the user stands, be it '.' or a link."""
    return os.path.basename(os.path.abspath(folder))  # noqa: PTH100, PTH119


def block_name(folder: str) -> str:
    """Return a name for a block of params.yaml, which has ASCII letters alone."""
    return valid(folder, "mine", re.ASCII)


def valid(text: str, otherwise: str, flags: re.RegexFlag = re.NOFLAG) -> str:
    """Reduce ``text`` to letters, digits, - and _, read as text by YAML: not 12, not no."""
    name = re.sub(r"[^\w-]+", "_", text, flags=flags).strip("_-")
    if not name:
        return otherwise
    return name if is_plain(name) else f"{otherwise}_{name}"


def is_plain(name: str) -> bool:
    """Tell whether a name is a word that begins with a letter and that YAML reads as it stands."""
    return bool(re.fullmatch(r"[^\W\d_][\w-]*", name)) and parse_yaml(name) == name
