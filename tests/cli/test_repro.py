"""`crossdomain repro`: what is checked, and what DVC is then asked for."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import commands
import pytest
import shipped
import tiny
import yaml
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.cli.commands import repro
from pipeline.cli.commands.dvc_repro import reports


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


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("train@nope", ["train has no 'nope'", "models in params.yaml has: pix2pix, cyclegan"]),
        ("train_second_stage@vae", ["has no 'vae'; second_stage in params.yaml has: none"]),
        ("nope", ["'nope' is no stage of dvc.yaml", "stages: check, prepare", "recipes/zoo"]),
        ("recipes/nope", ["'recipes/nope' is no stage", "recipes: recipes/zoo"]),
        ("recipes/zoo/dvc.yaml:nope", ["no stage of recipes/zoo/dvc.yaml", "stages: check"]),
        ("recipes/zoo/dvc.yaml:train@dcgan", ["train has no 'dcgan'", "beta_vae"]),
        ("check@vae", ["'check@vae' is no stage of dvc.yaml: check has no blocks"]),
    ],
)
def test_a_target_that_is_no_stage_is_told_which_there_are(asked, target, parts):
    said = call(target)
    assert asked == []
    for part in parts:
        assert part in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("-R", "recipes"),
        ("-R", "recipes/zoo"),
        ("--recursive", "."),
        ("--glob", "train@*"),
        ("-fR", "recipes"),
        ("data.dvc",),
        ("train",),
    ],
)
def test_what_dvc_knows_better_is_left_to_it(asked, arguments):
    assert not call(*arguments)
    assert asked == [list(arguments)]


def test_a_dry_run_goes_on_where_nothing_has_been_made(project, monkeypatch):
    (project / "params.yaml").write_text("seed: 1\ndatasets: {}\n")
    (project / "dvc.yaml").write_text(
        "stages:\n"
        "  a: {cmd: 'echo 1 > one', outs: [one]}\n"
        "  b: {cmd: 'cp one two', deps: [one], outs: [two]}\n"
        "  c: {cmd: 'cp two three', deps: [two], outs: [three]}\n"
    )
    (project / ".dvc").mkdir()
    subprocess.run(["git", "init", "-q"], check=True)

    said = []

    def become(command: Sequence[str]) -> None:
        _, _, module, *arguments = command
        done = commands.run(module, *arguments, folder=project)
        assert done.code == 0, done.errors
        said.append([line[2:] for line in done.output.splitlines() if line.startswith("> ")])

    monkeypatch.setattr(repro, "hand_over", become)

    def ran(*options: str) -> list[str]:
        assert not call(*options)
        return said.pop()

    lines = ["echo 1 > one", "cp one two", "cp two three"]
    assert ran("--dry") == lines
    assert not (project / "one").exists()
    assert ran() == lines
    (project / "two").unlink()
    assert ran("--dry", "--no-run-cache") == lines[1:]


def test_dvc_follows_with_this_python_and_the_report_is_named_at_the_end(project):
    (project / "dvc.yaml").write_text(
        "stages:\n  a:\n    cmd: python -c 'print(6 * 7)'\n  b:\n    cmd: python -c '1 / 0'\n"
    )
    (project / ".dvc").mkdir()
    report = project / "data/report/index.html"
    report.parent.mkdir(parents=True)
    report.touch()
    subprocess.run(["git", "init", "-q"], check=True)
    (project / "params.yaml").write_text("seed: 1\ndatasets: {}\n")
    for stage, code in (("a", 0), ("b", 255)):
        done = commands.run("pipeline.cli", "repro", stage, folder=project, PATH=os.defpath)
        assert done.code == code, done.errors
        assert ("42" in done.output.split()) == (code == 0)
        last = done.output.splitlines()[-1]
        assert (last == "The report: data/report/index.html") == (code == 0)


@pytest.mark.parametrize(
    ("arguments", "folders"),
    [
        ([], ["."]),
        (["-f", "train@vae", "evaluate"], ["."]),
        (["recipes/zoo/dvc.yaml", "recipes/zoo/dvc.yaml:train", "report"], ["recipes/zoo", "."]),
        (["-R", "recipes"], ["recipes/zoo"]),
        (["-R", "recipes/zoo"], ["recipes/zoo"]),
        (["-R", "recipes/zoo/dvc.yaml"], ["recipes/zoo"]),
        (["-R", "."], [".", "recipes/zoo"]),
    ],
)
def test_reports_are_those_of_the_folders_that_ran(project, arguments, folders):
    every = [project / folder / "data/report/index.html" for folder in (".", "recipes/zoo")]
    assert reports(arguments) == []
    for path in every:
        path.parent.mkdir(parents=True)
        path.touch()
    assert reports(arguments) == [Path(folder) / "data/report/index.html" for folder in folders]
