"""python -m benchmarks.gpu.wheels HAS [--python 3.12] [--out FOLDER]: wheels for a machine without
a registry.

HAS is a file with the names of the packages that are installed there, one a line, as `pip list` or
`pip freeze` prints them. What `benchmarks.gpu` needs beyond them is downloaded at the versions that
are installed here, for Linux on x86-64. There:

    python3 -m pip install --no-index --no-deps --target SITE FOLDER/*.whl
    PYTHONPATH=SITE python3 -m benchmarks.gpu
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOTS = (
    "torch", "torchaudio", "lightning-fabric", "kornia", "librosa", "soundfile", "soxr",
    "pyworld-prebuilt", "scikit-learn", "numpy", "scipy", "pillow", "joblib", "pydantic", "pyyaml",
    "safetensors", "typer", "rich", "pytest",
)  # fmt: skip
"""The packages that the parts of `benchmarks.gpu` and the device tests import."""
LIMIT = 64 * 2**20
"""Bytes: what may travel."""
GLIBC = (39, 35, 34, 31, 28, 27, 24, 17, 12, 5)
"""Platforms manylinux_2_N that a wheel may be made for; pip matches each exactly."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Download the wheels that are missing, and say how large they are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.wheels", description=__doc__)
    parser.add_argument("has", type=Path)
    parser.add_argument("--python", default="3.12", help="the version there")
    parser.add_argument("--out", type=Path, default=Path(".wheels"), metavar="FOLDER")
    asked = parser.parse_args(arguments)
    has = names_in(asked.has.read_text(encoding="utf-8").splitlines())
    missing = lacking(has, asked.python)
    for name in missing:
        download(f"{name}=={version(name)}", asked.python, asked.out)
    size = sum(wheel.stat().st_size for wheel in asked.out.glob("*.whl"))
    print(f"{asked.out}: {len(missing)} packages, {size / 2**20:.1f} MiB: {', '.join(missing)}")
    if size > LIMIT:
        sys.exit(f"error: more than the {LIMIT / 2**20:.0f} MiB that may travel")


def names_in(lines: Iterable[str]) -> set[str]:
    """Return the canonical names of packages in lines as pip prints them."""
    found = (re.match(r"\s*([A-Za-z0-9][\w.-]*)", line) for line in lines)
    return {canonicalize_name(match[1]) for match in found if match}


def lacking(has: set[str], python: str) -> list[str]:
    """List what `ROOTS` need, themselves included, that is not there; sorted."""
    environment = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    found: set[str] = set()
    todo = [canonicalize_name(root) for root in ROOTS]
    while todo:
        name = todo.pop()
        if name in has or name in found:
            continue
        found.add(name)
        needed = [Requirement(line) for line in requires(name) or []]
        todo += [
            canonicalize_name(requirement.name)
            for requirement in needed
            if requirement.marker is None or requirement.marker.evaluate(environment)
        ]
    return sorted(found)


def download(wanted: str, python: str, out: Path) -> None:
    """Download one wheel, for any of the platforms that run there."""
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in GLIBC]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--implementation", "cp", "--python-version", python]
    for platform in [*platforms, "manylinux2014_x86_64", "manylinux2010_x86_64"]:
        command += ["--platform", platform]
    subprocess.run([*command, "--dest", str(out), wanted], check=True)


if __name__ == "__main__":
    main()
