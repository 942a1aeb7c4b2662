"""Stages that DVC reruns after a change, and changes that it refuses, by the real dvc.yaml.

All stages but the check are stand-ins that take no time.
"""

import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

import commands
import pytest
import shipped
import tiny
import yaml

from pipeline.scaffold.fixing import fix
from stages.check import PASSED

GRIFFIN_LIM = "pipeline/codecs/spectrogram.py"  # the mel codec's: evaluation has it by its vocoders
NETWORK, TELEMETRY = "pipeline/backbones/resnet.py", "pipeline/monitoring/telemetry.py"

# Stands in for `python -m stages.STAGE NAME`: writes the outputs that dvc.yaml promises, with
# content that changes with the stage's parameters, as real outputs would. The check is the real
# one where a test is about it; what it writes is the same.
STAND_IN = f"""#!{sys.executable}
import json, os, sys, yaml
from pathlib import Path

stage = sys.argv[2].removeprefix("stages.")
if stage == "check" and "REAL_CHECK" in os.environ:
    os.execv("bin/real", ["bin/real", *sys.argv[1:]])
name = sys.argv[3] if len(sys.argv) > 3 else ""
if name and name == os.environ.get("FAILS"):
    sys.exit("killed")
params = yaml.safe_load(Path("params.yaml").read_text())
blocks = {{"prepare": "datasets", "classifier": "classifiers"}}
block = params[blocks.get(stage, "models")][name] if name else {{}}
content = {PASSED!r} if stage == "check" else json.dumps([stage, block], sort_keys=True)
recipe = yaml.safe_load(Path("dvc.yaml").read_text())["stages"][stage]
recipe = recipe.get("do", recipe)
for out in [*recipe.get("outs", []), *recipe.get("metrics", [])]:
    path = Path((out if isinstance(out, str) else next(iter(out))).replace("${{key}}", name))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix or stage == "check":
        path.write_text(content)
    else:
        path.mkdir(exist_ok=True)
        (path / "content").write_text(content)
"""


class Ran(NamedTuple):
    """The outcome of a `dvc repro`."""

    failed: bool
    stages: list[str]
    said: str


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A repository with the project's dvc.yaml and params.yaml, reproduced once."""
    folder = tmp_path_factory.mktemp("project")
    shipped.copy_project(folder, STAND_IN)
    with commands.python_of(tmp_path_factory.mktemp("python")) as real:
        shipped.write_script(folder / "bin/real", real)
        ran = repro(folder)
        params = yaml.safe_load((tiny.ROOT / "params.yaml").read_text())
        assert ran[0] == "check"
        assert len(ran) == (
            len(params["datasets"]) + len(params["classifiers"]) + 2 * len(params["models"]) + 2
        )
        yield folder


@pytest.fixture
def kept(project):
    """The project, whose files are after the test what they were before."""
    files = ("params.yaml", "dvc.yaml", GRIFFIN_LIM, NETWORK, TELEMETRY)
    before = {name: (project / name).read_bytes() for name in files}
    yield project
    for name, content in before.items():
        (project / name).write_bytes(content)


def repro(folder: Path) -> list[str]:
    """The stages that `dvc repro` runs, in order."""
    ran = run(folder)
    assert not ran.failed, ran.said
    return ran.stages


def run(folder: Path, *arguments: str, **environment: str) -> Ran:
    """Calls `dvc repro`."""
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = commands.run("dvc", "repro", *arguments, folder=folder, PATH=path, **environment)
    said = done.output + done.errors
    return Ran(done.code != 0, re.findall(r"^Running stage '(.*)'", said, re.M), said)


def refused(folder: Path) -> str:
    """Return what the real check says, where it is the only stage that `dvc repro` runs."""
    ran = run(folder, REAL_CHECK="1")
    assert ran.failed
    assert ran.stages == ["check"]
    return ran.said


def change(folder: Path, *keys: str, value: object) -> None:
    """Sets one key of params.yaml; None removes it."""
    path = folder / "params.yaml"
    params = yaml.safe_load(path.read_text())
    block = params
    for key in keys[:-1]:
        block = block.setdefault(key, {})
    if value is None:
        del block[keys[-1]]
    else:
        block[keys[-1]] = value
    path.write_text(yaml.safe_dump(params, sort_keys=False))


def edit(folder: Path, file: str) -> None:
    """Changes a file of the code."""
    path = folder / file
    path.write_text(path.read_text() + "\n")


def models(folder: Path) -> dict[str, str]:
    """The finished models, by name."""
    found = sorted((folder / "data/models").glob("*/content"))
    return {path.parent.name: path.read_text() for path in found}


# What runs again


def test_a_second_repro_does_nothing(project):
    assert repro(project) == []


def test_changed_telemetry_reruns_nothing(kept):
    edit(kept, TELEMETRY)
    assert run(kept, "--dry").stages == []


def test_facts_of_a_run_beside_the_report_are_no_change(project):
    for name in ("runs.js", "runs.html"):
        (project / "data/report" / name).write_text("dates")
    assert repro(project) == []


def test_a_learning_rate_reruns_one_model_its_evaluation_and_the_report(project):
    change(project, "models", "cyclegan", "optimizer", "lr", value=1e-4)
    assert repro(project) == ["check", "train@cyclegan", "evaluate@cyclegan", "report"]


def test_a_changed_griffin_lim_has_voices_evaluated_again(kept):
    edit(kept, GRIFFIN_LIM)
    ran = run(kept, "--single-item", "evaluate@voice_inca").stages
    assert ran == ["evaluate@voice_inca"]


def test_a_changed_network_trains_again_but_prepares_nothing(kept):
    edit(kept, NETWORK)
    ran = run(kept, "--dry").stages
    assert {"train@cyclegan", "evaluate@cyclegan", "classifier@savanna", "report"} <= set(ran)
    assert not [stage for stage in ran if stage.startswith("prepare")]


def test_a_classifiers_steps_rerun_it_and_what_asks_it(project):
    change(project, "classifiers", "digits", "steps", value=7)
    assert set(repro(project)) == {"check", "classifier@digits", "evaluate@vae", "evaluate@dcgan"}


# What is refused before anything is removed


def test_a_misspelt_key_is_said_in_words_and_costs_no_model(kept):
    before = models(kept)
    assert len(before) == 5
    change(kept, "models", "vae", "latent", value=3)
    change(kept, "models", "cyclegan", "stpes", value=3)
    said = refused(kept)
    assert "models.cyclegan.stpes: no such parameter (did you mean 'steps'?)" in said
    assert models(kept) == before
    change(kept, "models", "cyclegan", "stpes", value=None)
    assert repro(kept) == ["check", "train@vae", "evaluate@vae", "report"]


def test_a_block_without_data_costs_no_model(kept):
    """DVC reads the key before any stage runs; `crossdomain repro` says it in words."""
    before = models(kept)
    change(kept, "models", "cyclegan", "data", value=None)
    ran = run(kept)
    assert ran.failed
    assert not ran.stages
    assert models(kept) == before


def test_a_killed_training_leaves_the_model_before_in_the_cache(kept):
    before = models(kept)["dcgan"]
    change(kept, "models", "dcgan", "steps", value=3)
    ran = run(kept, FAILS="dcgan")
    assert ran.failed
    assert ran.stages == ["check", "train@dcgan"]
    assert "dcgan" not in models(kept)
    commands.dvc(kept, "checkout", "-q", "data/models/dcgan")
    assert models(kept)["dcgan"] == before


def test_another_model_is_refused_with_its_lines_and_then_runs_alone(kept):
    params = yaml.safe_load((kept / "params.yaml").read_text())
    change(kept, "models", "hz", value=params["models"]["vae"])
    change(kept, "models", "dcgan", value=None)
    said = refused(kept)
    assert "add     - data/models/hz\n" in said
    assert "remove  - data/models/dcgan\n" in said
    assert "python -m stages.check --fix" in said
    fix(kept)
    assert repro(kept) == ["check", "train@hz", "evaluate@hz", "report"]
