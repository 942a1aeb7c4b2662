"""Every shipped run: its parameters hold, and its stages cover its models."""

from pathlib import Path

import pytest
import tiny
import yaml

from pipeline.params import load_params

SHIPPED = ("facades-256", "horse2zebra-256", "zoo")  # beside them lie the user's own
RUNS = [tiny.ROOT, *(tiny.ROOT / "recipes" / name for name in SHIPPED)]


@pytest.fixture(params=RUNS, ids=lambda path: path.name)
def folder(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_parameters_load(folder):
    assert load_params(folder / "params.yaml").models


def test_the_report_waits_for_every_model(folder):
    stages = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]
    for name in load_params(folder / "params.yaml").models:
        outputs = {f"data/{kind}/{name}" for kind in ("models", "exhibits", "curves")}
        assert outputs | {f"data/metrics/{name}.json"} <= set(stages["report"]["deps"])


def test_plots_show_every_model(folder):
    plots = str(yaml.safe_load((folder / "dvc.yaml").read_text())["plots"])
    for name in load_params(folder / "params.yaml").models:
        assert f"data/curves/{name}/plots/metrics" in plots
        assert f"data/curves/{name}/samples" in plots


def test_recipes_have_the_stages_of_the_root(folder):
    root = yaml.safe_load((tiny.ROOT / "dvc.yaml").read_text())["stages"]
    here = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]
    assert here.keys() == root.keys()
    for name in ("prepare", "judge", "train", "evaluate"):
        deps = {dep.removeprefix("../../") for dep in here[name]["do"]["deps"]}
        assert deps - {"${item.root}"} == set(root[name]["do"]["deps"])
        assert here[name]["do"]["cmd"] == root[name]["do"]["cmd"]


def test_what_is_made_is_not_for_git(folder):
    ignored = (folder / "data/.gitignore").read_text().split()
    made = ("prepared", "judges", "models", "curves", "exhibits", "report")
    assert {f"/{name}" for name in made} <= set(ignored)
