"""What DVC reruns after a change, asked of the real dvc.yaml with stages that take no time."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]

# Stands in for `python -m stages.STAGE NAME`: writes the outputs that dvc.yaml promises, with
# content that changes with the stage's parameters, as real outputs would.
STAND_IN = f"""#!{sys.executable}
import json, sys, yaml
from pathlib import Path

stage = sys.argv[2].removeprefix("stages.")
name = sys.argv[3] if len(sys.argv) > 3 else ""
params = yaml.safe_load(Path("params.yaml").read_text())
blocks = {{"prepare": "datasets", "classifier": "classifiers", "train": "models", "evaluate": "models"}}
block = params[blocks[stage]][name] if name else {{}}
content = json.dumps([stage, block], sort_keys=True)
recipe = yaml.safe_load(Path("dvc.yaml").read_text())["stages"][stage]
recipe = recipe.get("do", recipe)
for out in [*recipe.get("outs", []), *recipe.get("metrics", [])]:
    path = Path((out if isinstance(out, str) else next(iter(out))).replace("${{key}}", name))
    if path.suffix:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    else:
        path.mkdir(parents=True, exist_ok=True)
        (path / "content").write_text(content)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A repository with the project's dvc.yaml and params.yaml, reproduced once."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("dvc.yaml", "params.yaml", ".dvcignore"):
        shutil.copy(ROOT / name, folder / name)
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("pipeline", "stages"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignore)
    (folder / ".dvc").mkdir()
    shutil.copy(ROOT / ".dvc/config", folder / ".dvc/config")
    (folder / "bin").mkdir()
    stand_in = folder / "bin/python"
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    ran = repro(folder)
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    assert len(ran) == (
        len(params["datasets"]) + len(params["classifiers"]) + 2 * len(params["models"]) + 1
    )
    return folder


def repro(folder: Path) -> set[str]:
    """The stages that `dvc repro` runs."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "repro"],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("Running stage")]
    return {line.split("'")[1] for line in lines}


def change(folder: Path, *keys: str, value: object) -> None:
    """Sets one key of params.yaml."""
    path = folder / "params.yaml"
    params = yaml.safe_load(path.read_text())
    block = params
    for key in keys[:-1]:
        block = block.setdefault(key, {})
    block[keys[-1]] = value
    path.write_text(yaml.safe_dump(params))


def test_a_second_repro_does_nothing(project):
    assert repro(project) == set()


def test_a_learning_rate_reruns_one_model_its_evaluation_and_the_report(project):
    change(project, "models", "cyclegan", "optimizer", "rate", value=1e-4)
    assert repro(project) == {"train@cyclegan", "evaluate@cyclegan", "report"}
    change(project, "models", "vae", "optimizer", "rate", value=2e-3)
    assert repro(project) == {"train@vae", "evaluate@vae", "report"}


def test_a_methods_file_reruns_the_models_of_that_method(project):
    file = project / "pipeline/methods/gan.py"
    file.write_text(file.read_text() + "\n")
    # Its output is equal, so no evaluation follows; the report describes methods.
    assert repro(project) == {"train@dcgan", "report"}


def test_a_judges_steps_rerun_the_judge_and_what_asks_it(project):
    change(project, "classifiers", "digits", "steps", value=7)
    assert repro(project) == {"classifier@digits", "evaluate@vae", "evaluate@dcgan"}
