"""Runs that stand on another stage's output, from its training to the finished model."""

from pathlib import Path

import pytest
import tiny
import torch

from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.evaluation import evaluate
from pipeline.inference.finished import FinishedModel, load, weights_fingerprint
from pipeline.inference.sampling import sample_grid
from pipeline.methods.base import RunParams
from pipeline.params import load_params
from pipeline.training.checkpoints import run_key
from pipeline.training.train import train
from pipeline.training.trainer import grounded

ZOO = load_params(tiny.ROOT / "recipes/zoo/params.yaml")
CODES = tiny.shrink(ZOO.runs["vqvae"])
PRIOR = tiny.shrink(ZOO.runs["code_prior"], **tiny.TOYS["code_prior"])


def trained(
    run: RunParams, store: Store, out: Path, base: FinishedModel | None = None, seed: int = 1
) -> FinishedModel:
    scratch, curves = out.with_suffix(".scratch"), out.with_suffix(".curves")
    train(run, store, out, seed=seed, curves=curves, scratch=scratch, pretrained=base)
    return load(out)


@pytest.fixture(scope="module")
def codes(digits_store, tmp_path_factory):
    return trained(CODES, digits_store, tmp_path_factory.mktemp("below") / "vqvae")


def test_a_prior_holds_the_model_that_it_stands_on(codes, digits_store, tmp_path):
    finished = trained(PRIOR, digits_store, tmp_path / "prior", pretrained=codes)
    assert finished.capabilities == ("sample",)
    below = codes.model.state_dict()
    above = finished.model.tokenizer.state_dict()
    assert all(torch.equal(value, above[name]) for name, value in below.items())
    foundation = finished.params.foundation
    assert foundation.run == codes.card.run
    assert foundation.sha256 == weights_fingerprint(codes.model)
    again = load(tmp_path / "prior")
    assert (sample_grid(finished, 4, seed=3) == sample_grid(again, 4, seed=3)).all()
    assert (sample_grid(finished, 4, seed=3) != sample_grid(again, 4, seed=4)).any()


def test_other_weights_below_are_another_run(codes, digits_store, tmp_path):
    other = trained(CODES, digits_store, tmp_path / "other", seed=2)
    keys = {run_key(grounded(PRIOR, base), 1, "data") for base in (codes, other, codes)}
    assert len(keys) == 2


def test_nothing_stands_on_air(digits_store, tmp_path):
    with pytest.raises(UserError, match="models/vqvae has to be trained first"):
        trained(PRIOR, digits_store, tmp_path / "prior")


def test_a_vqgan_is_judged_by_the_judge_and_does_not_keep_it(digits_store, tmp_path):
    classifier = trained(tiny.runs()["classifier_digits"], digits_store, tmp_path / "classifier")
    here = {"data": "digits", "domains": ["digit"], "pretrained": "classifiers/digits"}
    run = tiny.shrink(ZOO.runs["vqgan"], **here)
    finished = trained(run, digits_store, tmp_path / "vqgan", pretrained=classifier)
    assert finished.capabilities == ("reconstruct", "codes")
    assert finished.params.foundation.sha256 == weights_fingerprint(classifier.model)
    assert not any("classifier" in name for name in finished.model.state_dict())


def coded(domain: str, also: str, **fields: object) -> RunParams:
    """A toy VQGAN of two domains that nobody but its discriminator classifiers."""
    here = {"data": "d", "domain": domain, "also": (also,), "pretrained": None}
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
    results = evaluate(base, store, None, tmp_path / "evaluation")
    tasks = {f"reconstruction/{domain}" for domain in (source, target)}
    assert set(results) == {*tasks, "codes"}
    assert (tmp_path / f"evaluation/reconstructions/{target}.png").is_file()
    finished = trained(run, store, tmp_path / "translator", base=base)
    assert finished.params.foundation.sha256 == weights_fingerprint(base.model)
    below, kept = base.model.state_dict(), finished.model.tokenizer.state_dict()
    assert all(torch.equal(value, kept[key]) for key, value in below.items())  # frozen
    spec = finished.card.data.specs[source]
    x = tiny.sample_of(spec, 2, 1)
    y = finished.model.translate(x, target)
    assert y.shape == x.shape
    assert torch.equal(load(tmp_path / "translator").model.translate(x, target), y)
