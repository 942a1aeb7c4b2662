"""Files of pretrained weights, published or part of a package, and the packages that read them."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, TypeVar

import torch

from pipeline.errors import UserError
from pipeline.system.files import sha256_of

Loaded = TypeVar("Loaded")


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


class Weights(NamedTuple):
    """A file of weights on disk."""

    path: Path
    sha256: str
    """Of the file, in hexadecimal."""
    origin: str = ""
    """Package and version, or the name that the user gave; "" of a published file."""

    @property
    def protocol(self) -> dict[str, str]:
        """``origin`` and ``sha256``, without the path, which is another on each machine."""
        return {"origin": self.origin, "sha256": self.sha256}


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


def packaged_weights(package: str, file: str, extra: str = "judges") -> Weights:
    """Find ``file`` in an installed package, relative to its folder, without importing the package.

    Raises UserError where the package is not installed or has no such file.
    """
    require_package(package, package, extra)
    spec = find_spec(package)
    assert spec is not None
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    found = [folder / file for folder in folders if (folder / file).is_file()]
    if not found:
        raise UserError(f"expected {file} in the package {package}: found none")
    return weights_at(found[0], f"{package} {version_of(package)}")


def weights_at(path: Path, origin: str) -> Weights:
    """Read a file's checksum; raise UserError where it can't be read."""
    try:
        return Weights(path, sha256_of(path), origin)
    except OSError as error:
        raise UserError(f"can't read {path}: {error.strerror}") from error


def load_package(module: str, package: str, extra: str) -> tuple[ModuleType, str]:
    """Import a module of a package of an extra; return it and "PACKAGE VERSION".

    Raises UserError where it is not installed.
    """
    require_package(module.split(".", maxsplit=1)[0], package, extra)
    return import_module(module), f"{package} {version(package)}"


def require_package(module: str, package: str, extra: str) -> None:
    """Raise UserError, which names the extra, where a package with ``module`` is not installed."""
    if find_spec(module) is None:
        raise UserError(
            f"the package {package} is not installed. Install the extra: pip install '.[{extra}]' "
            "in the project's folder"
        )


def version_of(package: str) -> str:
    """Return an installed package's version, or "of unknown version"."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "of unknown version"


def attempt(name: str, build: Callable[[], Loaded], missing: dict[str, str]) -> Loaded | None:
    """Load a network that is used where it is installed; else say in ``missing`` why it is not."""
    try:
        return build()
    except UserError as error:
        missing[name] = str(error)
        return None
