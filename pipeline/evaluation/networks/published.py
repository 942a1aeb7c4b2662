"""Published files of weights: where they lie, and that they are what they should be."""

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import torch

from pipeline.errors import UserError
from pipeline.system.files import sha256_of


@dataclass(frozen=True)
class Published:
    """A file of weights as its authors published it."""

    url: str
    sha256: str
    file: str = ""
    """Its name where torch.hub keeps it, where that is not the address's last part."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file or self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Weights:
    """A file of weights on disk whose checksum was verified."""

    path: Path
    sha256: str


def find_weights(published: Published, given: Path | None) -> Weights:
    """Return the file that is given, or that lies where torch.hub keeps files, verified.

    Some packages unpickle what they load: only bytes that are known get there. Raises UserError
    where there is no file, or one of another SHA-256.
    """
    path = given or Path(torch.hub.get_dir()) / "checkpoints" / published.name
    try:
        found = sha256_of(path)
    except OSError as error:
        raise UserError(
            f"{path} can't be read: {error.strerror}. Weights are never fetched: download "
            f"{published.url} and say where it is, or put it there"
        ) from error
    if found != published.sha256:
        raise UserError(
            f"{path}: expected the published {published.name} of SHA-256 {published.sha256}, found "
            f"{found}: it is damaged, or another file"
        )
    return Weights(path, found)


def load_package(module: str, package: str, extra: str = "features") -> tuple[ModuleType, str]:
    """Import a module of a package of an extra; return it and "PACKAGE VERSION".

    Raises UserError where it is not installed.
    """
    if find_spec(module.split(".", maxsplit=1)[0]) is None:
        raise UserError(
            f"the package {package} is not installed. Install the extra: pip install '.[{extra}]' "
            "in the project's folder"
        )
    return import_module(module), f"{package} {version(package)}"
