"""Runs that build on another stage's output, from its training to the finished model."""

import shutil
from pathlib import Path

import pytest
import tiny
import torch
from trainers import trained

from pipeline.errors import UserError
from pipeline.evaluation import Networks, evaluate
from pipeline.inference.finished import load, weights_fingerprint
from pipeline.inference.sampling import sample_grid
from pipeline.methods.base import RunParams
from pipeline.params import load_params
from pipeline.training.train import set_up

ZOO = load_params(tiny.ROOT / "recipes/zoo/params.yaml")
CODES = tiny.shrink(ZOO.runs["vqvae"])
PRIOR = tiny.shrink(ZOO.runs["code_prior"], **tiny.TOYS["code_prior"])


@pytest.fixture(scope="module")
def codes(digits_store, tmp_path_factory) -> Path:
    """The folder of a finished VQ-VAE: what is loaded from it becomes part of what is built."""
    folder = tmp_path_factory.mktemp("below") / "vqvae"
    trained(CODES, digits_store, folder)
    return folder


def test_a_prior_holds_the_model_that_it_builds_on(codes, digits_store, tmp_path):
    finished = trained(PRIOR, digits_store, tmp_path / "prior", pretrained=load(codes))
    assert finished.capabilities == ("sample",)
    below = load(codes)
    above = finished.model.tokenizer.state_dict()
    assert all(torch.equal(value, above[name]) for name, value in below.model.state_dict().items())
    assert finished.card.pretrained == below.card
    assert below.card.weights == weights_fingerprint(below.model)
    again = load(tmp_path / "prior")
    assert (sample_grid(finished, 4, seed=3) == sample_grid(again, 4, seed=3)).all()
    assert (sample_grid(finished, 4, seed=3) != sample_grid(again, 4, seed=4)).any()


def test_a_second_stage_model_loads_without_the_folder_of_the_first(digits_store, tmp_path):
    trained(CODES, digits_store, tmp_path / "first")
    finished = trained(
        PRIOR, digits_store, tmp_path / "second", pretrained=load(tmp_path / "first")
    )
    shutil.rmtree(tmp_path / "first")
    (tmp_path / "second").rename(tmp_path / "elsewhere")
    again = load(tmp_path / "elsewhere")
    assert weights_fingerprint(again.model) == weights_fingerprint(finished.model)
    assert (sample_grid(again, 4, seed=3) == sample_grid(finished, 4, seed=3)).all()


def test_other_pretrained_weights_are_another_run(codes, digits_store, tmp_path):
    trained(CODES, digits_store, tmp_path / "other", seed=2)

    def folder(pretrained: Path) -> Path:
        trainer, _, _ = set_up(
            PRIOR,
            digits_store,
            seed=1,
            label="toy",
            scratch=tmp_path / "scratch",
            pretrained=load(pretrained),
        )
        return trainer.checkpoints.folder

    folders = [folder(below) for below in (codes, tmp_path / "other", codes)]
    assert folders[0] == folders[2] != folders[1]


def test_what_it_builds_on_has_to_be_trained_first(digits_store, tmp_path):
    with pytest.raises(UserError, match="models/vqvae has to be trained first"):
        trained(PRIOR, digits_store, tmp_path / "prior")


def test_a_vqgan_compares_by_the_classifier_and_does_not_keep_it(digits_store, tmp_path):
    classifier = trained(tiny.runs()["classifier_digits"], digits_store, tmp_path / "classifier")
    here = {"data": "digits", "domains": ["digit"], "pretrained": "classifiers/digits"}
    run = tiny.shrink(ZOO.runs["vqgan"], **here)
    finished = trained(run, digits_store, tmp_path / "vqgan", pretrained=classifier)
    assert finished.capabilities == ("reconstruct", "codes")
    assert finished.card.pretrained == classifier.card
    assert not any("classifier" in name for name in finished.model.state_dict())


def coded(*domains: str, **fields: object) -> RunParams:
    """A toy VQGAN of domains, without a classifier's features."""
    here = {"data": "d", "domains": domains, "pretrained": None}
    return tiny.shrink(ZOO.runs["vqgan"], **here, perceptual={"kind": "none"}, **fields)


@pytest.mark.parametrize(
    ("name", "store", "source", "target"),
    [
        ("pix2pix_vqgan", "picture_store", "day", "night"),
        ("cyclegan_vqgan", "picture_store", "day", "night"),
        ("cyclegan_vqgan", "sound_store", "ann", "bob"),
    ],
)
def test_pictures_and_sounds_are_translated_between_a_vqgans_latents(
    name, store, source, target, tmp_path, request
):
    crop = tiny.SIDE if store == "sound_store" else None
    store = request.getfixturevalue(store)
    base = trained(coded(source, target, crop=crop, flip=False), store, tmp_path / "vqgan")
    assert base.capabilities == ("reconstruct", "codes")
    here = {"data": "d", "source": source, "target": target, "crop": crop, "flip": False}
    run = tiny.shrink(ZOO.runs[name], **here)
    results = evaluate(base, store, Networks(), tmp_path / "evaluation")
    tasks = {f"reconstruction/{domain}" for domain in (source, target)}
    assert set(results.tasks) == {*tasks, "codes"}
    assert (tmp_path / f"evaluation/reconstructions/{target}.png").is_file()
    finished = trained(run, store, tmp_path / "translator", pretrained=base)
    assert finished.card.pretrained == base.card
    below = load(tmp_path / "vqgan").model.state_dict()
    kept = finished.model.tokenizer.state_dict()
    assert all(torch.equal(value, kept[key]) for key, value in below.items())  # frozen
    spec = finished.card.data.specs[source]
    x = tiny.sample_of(spec, 2, 1)
    y = finished.model.translate(x, target)
    assert y.shape == x.shape
    assert torch.equal(load(tmp_path / "translator").model.translate(x, target), y)
