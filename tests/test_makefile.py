"""`make clean` takes away what the other targets make, and nothing else."""

import subprocess

import tiny

from pipeline.scaffold.writing import MADE

OWN = {"raw"}  # what users put into data/


def test_clean_removes_the_outputs_of_both_runs():
    command = ["make", "--dry-run", "--no-print-directory", "clean"]
    done = subprocess.run(command, cwd=tiny.ROOT, capture_output=True, text=True, check=True)
    (line,) = done.stdout.splitlines()
    removed = set(line.removeprefix("rm -rf ").split())
    folders = {f"{run}data/{name}" for run in ("", "recipes/zoo/") for name in MADE}
    kept = {f"{run}data/{name}" for run in ("", "recipes/zoo/") for name in OWN}
    assert removed == {".venv"} | folders - kept
