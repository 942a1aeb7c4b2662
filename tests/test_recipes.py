"""Every shipped run: its parameters hold, and its stages cover its models."""

from pathlib import Path

import pytest
import tiny
import torch
import yaml

from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.source import SoundParams
from pipeline.methods.base import Foundation, StackedRunParams
from pipeline.nn.shapes import check_size
from pipeline.params import load_params
from pipeline.samples import Spec

# Beside them lie the user's own.
SHIPPED = ("facades-256", "fsdd", "horse2zebra-256", "vcc2016", "zoo")
RUNS = [tiny.ROOT, *(tiny.ROOT / "recipes" / name for name in SHIPPED)]


@pytest.fixture(params=RUNS, ids=lambda path: path.name)
def folder(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_parameters_load(folder):
    assert load_params(folder / "params.yaml").models


def test_every_block_builds_at_the_size_that_it_trains_at(folder):
    params = load_params(folder / "params.yaml")
    for name, run in {**params.runs, **params.classifiers}.items():
        data = params.datasets[run.data]
        if isinstance(data, SoundParams):
            bins = data.convention.mels
            spec = Spec(channels=1, height=bins, width=None, bounded=False)
            size = (bins, run.crop)
        else:
            channels = 1 if isinstance(data, DigitsParams) else 3
            spec = Spec(channels=channels, height=data.size, width=data.size, bounded=True)
            size = (run.crop or run.resize or data.size,) * 2
        classes = tuple("0123456789") if isinstance(data, DigitsParams) else ()
        if isinstance(run, StackedRunParams) and run.pretrained is not None:
            below = standing_on(params, run.pretrained)
            specs = dict.fromkeys(below.domains, spec)
            foundation = Foundation(sha256="", run=below.model_dump(), specs=specs, classes=classes)
            run = run.model_copy(update={"foundation": foundation})
        with torch.device("meta"):
            method = run.build(dict.fromkeys(run.domains, spec), classes)
        check_size(method, *size)
        assert sum(p.numel() for p in method.parameters()) > 1000, name


def standing_on(params, place):
    group, _, name = place.partition("/")
    return params.classifiers[name] if group == "classifiers" else params.runs[name]


def test_the_report_waits_for_every_model(folder):
    stages = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]
    for name in load_params(folder / "params.yaml").runs:
        outputs = {f"data/{kind}/{name}" for kind in ("models", "evaluation", "curves")}
        assert outputs | {f"data/metrics/{name}.json"} <= set(stages["report"]["deps"])


def test_plots_show_every_model(folder):
    plots = str(yaml.safe_load((folder / "dvc.yaml").read_text())["plots"])
    for name in load_params(folder / "params.yaml").runs:
        assert f"data/curves/{name}/plots/metrics" in plots
        assert f"data/curves/{name}/samples" in plots


def test_recipes_have_the_stages_of_the_root(folder):
    root = yaml.safe_load((tiny.ROOT / "dvc.yaml").read_text())["stages"]
    here = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]
    assert here.keys() - {"train_second_stage", "evaluate_second_stage"} == root.keys()
    for name in ("prepare", "classifier", "train", "evaluate"):
        deps = {dep.removeprefix("../../") for dep in here[name]["do"]["deps"]}
        own = {"${item.root}", "data/models/${vocoder}"}  # what only some recipes have
        assert deps - own == set(root[name]["do"]["deps"])
        assert here[name]["do"]["cmd"] == root[name]["do"]["cmd"]


def test_what_stands_on_another_stage_waits_for_it(folder):
    stages = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]
    second_stage = load_params(folder / "params.yaml").second_stage
    assert (
        bool(second_stage)
        == ("train_second_stage" in stages)
        == ("evaluate_second_stage" in stages)
    )
    if second_stage:
        more = {"train": ["data/${item.pretrained}"], "evaluate": []}
        for name, deps in more.items():
            plain, other = stages[name], stages[f"{name}_second_stage"]
            assert other["foreach"] == "${second_stage}"
            assert sorted(other["do"]["deps"]) == sorted([*plain["do"]["deps"], *deps])
            others = {key: other["do"][key] for key in ("cmd", "outs")}
            assert others == {key: plain["do"][key] for key in ("cmd", "outs")}
        assert stages["train_second_stage"]["do"]["params"] == ["seed", "second_stage.${key}"]
        assert "second_stage" in stages["report"]["params"]


def test_what_is_made_is_not_for_git(folder):
    ignored = (folder / "data/.gitignore").read_text().split()
    made = ("prepared", "classifiers", "models", "curves", "evaluation", "report")
    assert {f"/{name}" for name in made} <= set(ignored)
