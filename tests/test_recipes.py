"""Every shipped run: its parameters hold, and its stages cover its models."""

from pathlib import Path

import pytest
import shipped
import tiny
import torch
import yaml

from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.points import PointsParams
from pipeline.datasets.source import SoundParams
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.methods.registry import build_from_card
from pipeline.models.card import Card, Pretrained
from pipeline.nn.shapes import check_size
from pipeline.params import load_params
from pipeline.samples import DatasetSpec, Labelled, Spec
from pipeline.scaffold.wiring import CLASSIFIER, LISTED, check_run

OWN = {"theory": ("theory",), "latent": ("latent",)}
"""Stages that a recipe has beside those of the root."""


@pytest.fixture(params=shipped.RUNS, ids=lambda path: path.name)
def folder(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_parameters_load(folder):
    assert load_params(folder / "params.yaml").models


def test_every_block_builds_at_the_size_that_it_trains_at(folder):
    params = load_params(folder / "params.yaml")
    for name, run in {**params.runs, **params.classifiers}.items():
        data = params.datasets[run.data]
        if isinstance(data, SoundParams):
            spec = data.spec.specs[run.domains[0]]
            size = (spec.height, run.crop)
        elif isinstance(data, PointsParams):
            spec, size = data.spec.specs[run.domains[0]], (1, 1)
        else:
            channels = 1 if isinstance(data, DigitsParams) else 3
            spec = Spec(channels=channels, height=data.size, width=data.size, bounded=True)
            size = (run.crop or run.resize or data.size,) * 2
        classes = data.spec.classes if isinstance(data, DigitsParams | PointsParams) else ()
        with torch.device("meta"):
            below = card_below(params, run, spec, classes)
            pretrained = None if below is None else Pretrained(build_from_card(below), below)
            method = run.build(data_of(run, spec, classes), pretrained)
        check_size(method, *size)
        assert tiny.count_parameters(method) > 1000, name


def data_of(run, spec, classes):
    """Make the data that a run's networks are built from, where all its domains have one kind."""
    if run.reads is Labelled:
        spec = spec.model_copy(update={"width": spec.width or run.crop})
        classes = run.domains if len(run.domains) > 1 else classes
    return DatasetSpec(specs=dict.fromkeys(run.domains, spec), classes=classes)


def card_below(params, run, spec, classes):
    """The card of what a run builds on; None where it builds on nothing."""
    if not isinstance(run, SecondStageRunParams) or run.pretrained is None:
        return None
    group, _, name = run.pretrained.partition("/")
    below = params.classifiers[name] if group == "classifiers" else params.runs[name]
    return Card(
        version="",
        seed=0,
        data=data_of(below, spec, classes),
        run=below.model_dump(mode="json"),
        weights="",
        pretrained=card_below(params, below, spec, classes),
    )


def test_dvc_yaml_fits_params_yaml(folder):
    assert check_run(folder).models


def test_recipes_have_the_stages_of_the_root(folder):
    root = yaml.safe_load((tiny.ROOT / "dvc.yaml").read_text())["stages"]
    here = yaml.safe_load((folder / "dvc.yaml").read_text().replace("../../", ""))["stages"]
    for name in OWN.get(folder.name, ()):
        del here[name]
    assert list(here) == list(root)
    if not load_params(folder / "params.yaml").classifiers:  # there is nothing to wait for
        for name in ("evaluate", "evaluate_second_stage"):
            root[name]["do"]["deps"].remove(CLASSIFIER)
    if "${item.root}" in here["prepare"]["do"]["deps"]:  # raw files, which embedded sets have not
        here["prepare"]["do"]["deps"].remove("${item.root}")
    for stages in (root, here):  # all but the models' outputs
        deps = stages["report"]["deps"]
        stages["report"]["deps"] = [dep for dep in deps if not LISTED.match(dep)]
    assert here == root


def test_raw_files_are_waited_for(folder):
    deps = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]["prepare"]["do"]["deps"]
    sources = load_params(folder / "params.yaml").datasets.values()
    assert ("${item.root}" in deps) == all(hasattr(source, "root") for source in sources)


def test_what_builds_on_another_stage_waits_for_it(folder):
    stages = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]
    assert set(stages["report"]["params"]) == {"seed", "datasets", "models", "second_stage"}
    for name in ("train", "evaluate"):
        plain, other = stages[name], stages[f"{name}_second_stage"]
        assert other["foreach"] == "${second_stage}"
        more = ["data/${item.pretrained}"] if name == "train" else []
        assert sorted(other["do"]["deps"]) == sorted([*plain["do"]["deps"], *more])
        others = {key: other["do"][key] for key in ("cmd", "outs")}
        assert others == {key: plain["do"][key] for key in ("cmd", "outs")}
    assert stages["train_second_stage"]["do"]["params"] == ["seed", "second_stage.${key}"]


def test_what_is_made_is_not_for_git(folder):
    ignored = (folder / "data/.gitignore").read_text().split()
    made = ("checked", "prepared", "classifiers", "models", "curves", "evaluation", "report")
    assert {f"/{name}" for name in made} <= set(ignored)
