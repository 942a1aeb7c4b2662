"""`make clean` takes away what the other targets make, and nothing else; an installation is
checked."""

import subprocess
from pathlib import Path

import pytest
import tiny

from pipeline.scaffold.writing import MADE

OWN = {"raw"}  # what users put into data/


def test_clean_removes_the_outputs_of_all_runs():
    command = ["make", "--dry-run", "--no-print-directory", "clean"]
    done = subprocess.run(command, cwd=tiny.ROOT, capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    removed = set(line.removeprefix("rm -rf ").split())
    runs = ("", "recipes/zoo/", "recipes/gans/", "recipes/theory/", "recipes/latent/")
    folders = {f"{run}data/{name}" for run in runs for name in MADE}
    kept = {f"{run}data/{name}" for run in runs for name in OWN}
    assert removed == {".venv"} | folders - kept


LEFT_OUT = """resemblyzer 0.1.4 requires typing, which is not installed.
resemblyzer 0.1.4 requires webrtcvad, which is not installed.
"""


@pytest.mark.parametrize(
    ("found", "accepted"),
    [
        ("No broken requirements found.\n", True),
        (LEFT_OUT, True),
        (LEFT_OUT + "librosa 0.11.0 requires numba, which is not installed.\n", False),
        ("resemblyzer 0.1.4 requires librosa, which is not installed.\n", False),
        ("resemblyzer 0.1.4 has requirement numpy>=9, but you have numpy 2.4.0.\n", False),
    ],
)
def test_an_installation_lacks_what_was_left_out_and_nothing_else(
    tmp_path: Path, found: str, accepted: bool
) -> None:
    command = ["make", "--dry-run", "--always-make", "--no-print-directory", ".venv/.installed"]
    done = subprocess.run(command, cwd=tiny.ROOT, capture_output=True, text=True, check=True)
    (check,) = (line for line in done.stdout.splitlines() if "pip check" in line)
    (tmp_path / "found").write_text(found)
    told = subprocess.run(
        check.replace("python -m pip check", "cat found"), cwd=tmp_path, shell=True
    )
    assert (told.returncode == 0) == accepted
