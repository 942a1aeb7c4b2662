"""Runs that build on another stage's output: what is handed in, and what its card keeps."""

from pathlib import Path

import pytest
import tiny
import torch
from exported import export_model
from pydantic import ValidationError

from pipeline.inference.finished import weights_fingerprint
from pipeline.methods.base import RunParams
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.methods.registry import build_from_card, load_run
from pipeline.samples import Spec

RUNS = {
    name: run
    for name, run in tiny.runs().items()
    if isinstance(run, SecondStageRunParams) and run.pretrained
}


@pytest.fixture(params=sorted(RUNS))
def run(request: pytest.FixtureRequest) -> RunParams:
    return RUNS[request.param]


def test_the_toys_build_on_models_and_on_classifiers():
    groups = {run.pretrained.split("/")[0] for run in RUNS.values()}
    assert groups == {"models", "classifiers"}


def test_nothing_is_built_on_what_is_not_there(run):
    with pytest.raises(ValueError, match=f"{run.pretrained} has to be trained first"):
        run.build(tiny.data_of(run))


@pytest.mark.parametrize("place", ["elsewhere/x", "models", "models/a/b", "../models/x", ""])
def test_a_place_is_a_classifier_or_a_model(place):
    for run in RUNS.values():
        with pytest.raises(ValidationError):
            load_run({**run.model_dump(mode="json"), "pretrained": place})


def test_a_finished_model_holds_what_it_needs_of_the_one_below(run, tmp_path: Path):
    below = tiny.pretrained_of(run)
    state = {name: value.clone() for name, value in below.model.state_dict().items()}
    model = run.build(tiny.data_of(run), below).model.eval()
    finished = export_model(tmp_path / "toy", model, run)
    assert finished.card.pretrained == below.card
    kept = getattr(finished.model, "tokenizer", None)
    if run.pretrained.startswith("models/"):
        values = (finished.model if kept is None else kept).state_dict()
        new = ("heads", "grown")  # the layer to pictures of a generator that grew
        there = {n: v for n, v in state.items() if not any(part in n for part in new)}
        assert all(torch.equal(value, values[name]) for name, value in there.items())
    else:  # a classifier is for training alone
        assert kept is None
    assert weights_fingerprint(finished.model) == finished.card.weights
    assert build_from_card(finished.card).eval().state_dict().keys() == model.state_dict().keys()


def test_a_card_builds_the_model_below_too(run):
    card = tiny.card_of(run)
    assert (
        build_from_card(card).state_dict().keys()
        == run.build_model(tiny.data_of(run), tiny.pretrained_of(run)).state_dict().keys()
    )
    if run.pretrained.startswith("models/"):
        with pytest.raises(ValueError, match="has to be trained first"):
            build_from_card(card.model_copy(update={"pretrained": None}))


def test_a_tokenizer_codes_samples_of_any_size_but_of_their_kind():
    run = RUNS["pix2pix_vqgan"]
    below = tiny.pretrained_of(run)
    spec = next(iter(below.card.data.specs.values()))
    larger = Spec(channels=spec.channels, height=64, width=32, bounded=spec.bounded)
    assert run.pretrained_tokenizer(below, larger) is below.model
    other = spec.model_copy(update={"bounded": not spec.bounded})
    with pytest.raises(ValueError, match=r"codes samples of .*, but these are of"):
        run.pretrained_tokenizer(below, other)
