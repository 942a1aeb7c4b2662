"""`crossdomain plots`: this folder's, whatever recipes have or lack."""

import shutil
import subprocess
from pathlib import Path

import commands
import pytest
import yaml
from curves import write_curve
from typer.testing import CliRunner

from pipeline.cli import app


def call(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["plots", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def project(in_folder: Path) -> Path:
    """A project, and a recipe that was reproduced elsewhere: its lock is here, its data is not."""
    (in_folder / ".dvc").mkdir()
    subprocess.run(["git", "init", "-q"], check=True)
    for number, folder in enumerate((in_folder / "recipes/a", in_folder)):
        write_curve(folder / "source/plots/metrics/loss.tsv", [2.0, number])
        stages = {"s": {"cmd": "cp -r source curves", "deps": ["source"], "outs": ["curves"]}}
        plots = [{"curves/plots/metrics": {"x": "step"}}]
        content = {"stages": stages, "plots": plots}
        (folder / "dvc.yaml").write_text(yaml.safe_dump(content))
        shutil.rmtree(in_folder / ".dvc/cache", ignore_errors=True)
        commands.dvc(folder, "repro", "-q")
    shutil.rmtree(in_folder / "recipes/a/curves")
    subprocess.run(["git", "add", "dvc.yaml", "dvc.lock"], check=True)
    author = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    for name in ("a", "b"):
        subprocess.run(["git", *author, "commit", "-qm", name, "--allow-empty"], check=True)
    return in_folder


def test_plots_are_those_of_this_folder(project, monkeypatch):
    code, said = call("-o", "out")
    assert (code, said) == (0, "1 plots: out/index.html\n")
    assert "loss" in (project / "out/index.html").read_text()

    # A page of before does not count, and what DVC does not say is said.
    shutil.rmtree(project / ".dvc/cache")
    code, said = call("HEAD~1", "HEAD", "-o", "out")
    assert code == 1
    assert "DVC draws no plots: " in said
    assert "`crossdomain repro`, or fetch them by `dvc pull`" in said

    # Nothing to draw is said.
    monkeypatch.chdir(project / "recipes/a")
    code, said = call()
    assert code == 1
    assert "none of the 1 plots of" in said
    assert "crossdomain repro" in said
    (project / "recipes/a/dvc.yaml").unlink()
    assert "expected dvc.yaml here" in call()[1]
