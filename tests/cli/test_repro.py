"""`crossdomain repro`: what is checked, and what DVC is then asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import shipped
import tiny
import yaml
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.cli.commands import repro


@pytest.fixture
def project(in_folder: Path) -> Path:
    """The root's and the zoo's params.yaml and dvc.yaml."""
    for folder in ("", "recipes/zoo"):
        shipped.copy_run(tiny.ROOT / folder, in_folder / folder)
    return in_folder


@pytest.fixture
def asked(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What DVC was asked for."""
    commands: list[list[str]] = []
    monkeypatch.setattr(repro, "hand_over", lambda command: commands.append(command[4:]))
    return commands


def call(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["repro", *arguments])
    return result.stderr if result.exit_code else ""


def break_zoo(project: Path) -> None:
    path = project / "recipes/zoo/params.yaml"
    params = yaml.safe_load(path.read_text())
    del params["models"]["cut"]["data"]
    path.write_text(yaml.safe_dump(params))


def test_targets_and_options_are_those_of_dvc(asked):
    assert not call()
    assert not call("--dry", "recipes/zoo", "evaluate@vae")
    assert asked == [[], ["--dry", "recipes/zoo/dvc.yaml", "evaluate@vae"]]


@pytest.mark.parametrize("target", ["recipes/zoo", "recipes/zoo/dvc.yaml:train@vae"])
def test_what_dvc_would_say_in_its_own_words(project, asked, target):
    break_zoo(project)
    assert "models.cut.data: missing" in call("train@vae", target)
    assert asked == []
    assert not call("train@vae")


def test_a_folder_without_stages(asked, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert "expected dvc.yaml in" in call()


def test_dvc_follows_with_this_python(project):
    (project / "dvc.yaml").write_text("stages:\n  a:\n    cmd: python -c 'print(6 * 7)'\n")
    (project / ".dvc").mkdir()
    command = [sys.executable, "-m", "pipeline.cli", "repro"]
    env = os.environ | {"PATH": os.defpath, "PYTHONPATH": str(tiny.ROOT)}
    subprocess.run(["git", "init", "-q"], check=True)
    (project / "params.yaml").write_text("seed: 1\ndatasets: {}\n")
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "42" in done.stdout.split()
