"""Weights that an installed package brings, found without importing the package."""

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from pipeline.system.files import sha256_of

INSTALL = "install the extra: pip install '.[judges]' in the project's folder"


class MissingJudgeError(Exception):
    """A judge can't be loaded; the message says what it lacks and how to get it."""


class Weights(NamedTuple):
    """A file of weights and where it comes from, as a protocol states it."""

    path: Path
    origin: str
    """Package and version, or the name that the user gave."""
    sha256: str
    """Of the file, in hexadecimal."""

    @property
    def protocol(self) -> dict[str, str]:
        """``origin`` and ``sha256``, without the path, which is another on each machine."""
        return {"origin": self.origin, "sha256": self.sha256}


def weights_at(path: Path, origin: str) -> Weights:
    """Read a file's checksum; raises MissingJudgeError where it can't be read."""
    try:
        return Weights(path, origin, sha256_of(path))
    except OSError as error:
        raise MissingJudgeError(f"can't read {path}: {error.strerror}") from error


def packaged_weights(package: str, file: str) -> Weights:
    """Find ``file`` in an installed package, relative to its folder.

    Raises MissingJudgeError where the package is not installed or has no such file.
    """
    require_packages(package)
    spec = find_spec(package)
    assert spec is not None
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    found = [folder / file for folder in folders if (folder / file).is_file()]
    if not found:
        raise MissingJudgeError(f"expected {file} in the package {package}: found none")
    return weights_at(found[0], f"{package} {version_of(package)}")


def require_packages(*packages: str) -> None:
    """Raise MissingJudgeError naming the packages that are not installed."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise MissingJudgeError(f"not installed: {', '.join(missing)}; {INSTALL}")


def version_of(package: str) -> str:
    """Return an installed package's version, or "of unknown version"."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "of unknown version"
