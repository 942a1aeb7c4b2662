"""Recipes that `crossdomain new` writes run as they are: a few steps of each kind.

One goes through `dvc repro`; the stages of the others are called one after the other here, and DVC
is told that they ran.
"""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import commands
import pytest
import shipped
import tiny
import yaml
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.evaluation import loading
from pipeline.evaluation.judges import Panel, load_panel
from pipeline.evaluation.results import read_results
from pipeline.inference.finished import load
from pipeline.params import load_params
from stages import classifier, evaluate, prepare, report, train
from stages.check import PASSED

NAMES = ("pairs", "unpaired", "voices")
DVC_FILES = [f"recipes/{name}/dvc.yaml" for name in NAMES]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A repository with three new recipes that have run."""
    folder = tmp_path_factory.mktemp("project")
    with commands.python_of(tmp_path_factory.mktemp("python")) as python:
        shipped.copy_project(folder, python)
        make(folder)
    return folder


def make(folder: Path) -> None:
    """Writes the recipes and runs them."""
    (folder / "recipes").mkdir()
    author = ("-c", "user.name=a", "-c", "user.email=a@b")  # DVCLive asks for a commit
    first = ["git", *author, "commit", "-q", "--allow-empty", "-m", "first"]
    subprocess.run(first, cwd=folder, check=True)
    for number in range(4):
        tiny.write_picture(folder / f"raw/labels/{number}.png", number, 32, 32)
        tiny.write_picture(folder / f"raw/photos/{number}.png", number + 9, 32, 40)
        tiny.write_picture(folder / f"raw/my zebras/z{number}.png", number, 32, 32)
        tiny.write_sound(folder / f"raw/ann/{number}.wav", number, 0.4)
        tiny.write_sound(folder / f"raw/bob/{number}.wav", number + 9, 0.5)
    here = Path.cwd()
    os.chdir(folder)
    try:
        new("pairs", "labels", "photos", "--size", "32")
        new("unpaired", "photos", "my zebras", "--size", "32")
        new("voices", "ann", "bob")
    finally:
        os.chdir(here)
    ran = [f"{stage}@pairs" for stage in ("prepare", "train", "evaluate")]
    assert repro(folder) == ["check", *ran, "report"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "load_panel", quick_panel)
        for name in ("unpaired", "voices"):
            run_stages(folder / "recipes" / name)
    commands.dvc(folder, "commit", "--force", *DVC_FILES[1:])


def quick_panel(**given: object) -> Panel:
    """Load the judges but for DNSMOS, which takes half a second a clip."""
    return replace(load_panel(**given), naturalness=None)


def run_stages(folder: Path) -> None:
    """Calls the stages of a recipe in the order of its dvc.yaml."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        checked = Path(yaml.safe_load(Path("dvc.yaml").read_text())["stages"]["check"]["outs"][0])
        checked.parent.mkdir()
        checked.write_text(PASSED)
        params = load_params(Path("params.yaml"))
        for name in params.datasets:
            prepare.main(name)
        for name in params.classifiers:
            classifier.main(name)
        for name in params.models:
            train.main(name)
            evaluate.main(name)
        report.main()
    finally:
        os.chdir(here)


def new(name: str, a: str, b: str, *options: str) -> None:
    arguments = ["new", name, "--a", f"raw/{a}", "--b", f"raw/{b}", "--steps", "2", *options]
    done = CliRunner().invoke(app, [*arguments, "--no-estimate"])
    assert done.exit_code == 0, done.output


def repro(folder: Path) -> list[str]:
    """The stages that `dvc repro` runs of the first recipe, in order."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    said = commands.dvc(folder, "repro", DVC_FILES[0], PATH=path, OMP_NUM_THREADS="1")
    lines = [line for line in said.splitlines() if line.startswith("Running stage")]
    return [line.split("'")[1].rpartition(":")[2] for line in lines]


def changed(folder: Path) -> set[str]:
    """The stages whose parameters, code or data changed since they ran, of all recipes."""
    found = json.loads(commands.dvc(folder, "status", "--json", *DVC_FILES))
    return {name.rpartition(":")[2] for name in found}


@pytest.mark.parametrize("name", NAMES)
def test_models_numbers_and_report_are_there(project, name):
    data = project / "recipes" / name / "data"
    model = load(data / "models" / name)
    assert "translate" in model.capabilities
    results = read_results(data / f"evaluation/{name}/results.json").tasks
    wanted = {"pairs": "psnr", "unpaired": "target_accuracy", "voices": "mcd"}[name]
    ways = {task: found for task, found in results.items() if not task.endswith("/pitch")}
    assert ways
    assert all(wanted in found for found in ways.values())
    headline = {"pairs": "psnr", "unpaired": "acc", "voices": "sim"}[name]
    assert headline in json.loads((data / f"metrics/{name}.json").read_text())
    assert (data / "report/index.html").is_file()
    plots = yaml.safe_load((project / "recipes" / name / "dvc.yaml").read_text())["plots"]
    for plot in plots:
        place = plot if isinstance(plot, str) else next(iter(plot))
        assert (project / "recipes" / name / place).exists()


def test_edits_and_new_files_concern_their_recipe_alone(project):
    assert changed(project) == set()
    path = project / "recipes/pairs/params.yaml"
    path.write_text(path.read_text().replace("steps: 2 ", "steps: 3 "))
    edited = {"check", "train@pairs", "report"}
    assert changed(project) == edited
    tiny.write_picture(project / "raw/my zebras/z9.png", 99, 32, 32)
    assert changed(project) == {*edited, "prepare@unpaired"}
