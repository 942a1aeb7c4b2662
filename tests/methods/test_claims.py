"""Claims of papers on codes, seen on small data after short trainings: `make claims`."""

from pathlib import Path

import evaluating
import numpy as np
import pytest
import tiny
import trainers
from stores import prepared

from benchmarks.disentanglement import SEEDS, STEPS, score, world
from pipeline.datasets.savanna.dataset import SavannaParams
from pipeline.datasets.store import Store
from pipeline.evaluation import Networks, evaluate
from pipeline.inference.finished import FinishedModel
from pipeline.methods.registry import load_run

pytestmark = pytest.mark.claim

NETWORK = {
    "kind": "vqgan",
    "width": 8,
    "multipliers": [1, 2],
    "blocks": 1,
    "attention": [],
    "channels": 16,
    "groups": 4,
}
QUANTISER = {
    "codes": 64,
    "dim": 8,
    "learns": "ema",
    "start": "kmeans",
    "revive": 0.1,
    "decay": 0.95,
}
ADAM = {"lr": 2e-3, "beta1": 0.9}


def trained(block: dict, store: Store, out: Path, pretrained: FinishedModel | None = None):
    run = load_run({"data": "d", "precision": "fp32", "optimizer": ADAM, **block})
    return trainers.trained(run, store, out, pretrained)


def test_more_than_half_of_a_codebook_is_in_use_on_digits(digits_store, tmp_path):
    block = {"method": "vqvae", "domains": ["digit"], "steps": 300, "batch": 32}
    tokenizer = {"network": NETWORK, "quantiser": QUANTISER}
    model = trained({**block, **tokenizer}, digits_store, tmp_path / "vqvae")
    results = evaluate(model, digits_store, Networks(), tmp_path / "evaluation")
    codes = evaluating.values(results)["codes"]
    assert codes["perplexity"]["model"] > codes["perplexity"]["half_the_codebook"] == 32


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> Store:
    out = tmp_path_factory.mktemp("savanna") / "store"
    return prepared(SavannaParams(train=120, test=60, classifier=80, views=()), out)


def test_a_vqgan_is_sharper_than_a_vqvae_of_its_size(scenes, tmp_path):
    classifier = {"method": "classifier", "domains": ["horse", "zebra"], "steps": 80, "batch": 16}
    classifier = trained({**classifier, "network": {"width": 16}}, scenes, tmp_path / "classifier")
    tokenizer = {"domains": ["scene"], "network": NETWORK, "quantiser": QUANTISER, "crop": 32}
    same = {**tokenizer, "steps": 160, "batch": 8, "flip": True}
    blurred = trained({"method": "vqvae", **same}, scenes, tmp_path / "vqvae")
    seen = {
        "pretrained": "classifiers/savanna",
        "perceptual": {"kind": "classifier"},
        "patch": {"width": 16, "layers": 2},
        "adversarial_weight": 0.2,
        "discriminator_start": 80,
        "warmup": 30,
        "discriminator_optimizer": {"lr": 5e-4, "beta1": 0.5, "beta2": 0.9},
    }
    sharp = trained(
        {"method": "vqgan", **same, **seen}, scenes, tmp_path / "vqgan", pretrained=classifier
    )
    sizes = [tiny.count_parameters(model.model) for model in (blurred, sharp)]
    assert sizes[0] == sizes[1]
    networks = Networks(classifier.model)
    results = (evaluate(m, scenes, networks, tmp_path / m.name) for m in (blurred, sharp))
    before, after = (evaluating.values(one)["reconstruction"] for one in results)
    assert after["fd_features"]["model"] < 0.25 * before["fd_features"]["model"]
    # Sharper, and not grainier than what was coded.
    assert before["high_frequency"]["model"] < 0.4 < after["high_frequency"]["model"] < 1.2


def test_beta_4_disentangles_more_than_beta_1():
    pictures, factors = world()
    means = {}
    for case in ("beta 1", "beta 4"):
        found = [score(case, seed, pictures, factors, STEPS) for seed in SEEDS[:3]]
        means[case] = {name: np.mean([one[name] for one in found]) for name in found[0]}
    assert means["beta 4"]["disentanglement"] > means["beta 1"]["disentanglement"]
