"""Claims of papers on GANs that know classes, seen on digits after short trainings: `make
claims`."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from trainers import trainer

from pipeline.datasets.store import Store
from pipeline.methods.base import Method
from pipeline.methods.gan import GAN
from pipeline.methods.registry import load_run
from pipeline.methods.sgan import SGAN
from pipeline.metrics.precision_recall import precision_recall
from pipeline.metrics.probe import probe_accuracy
from pipeline.models.classifier import ClassifierModel
from pipeline.training.known_labels import choose_labelled
from pipeline.training.prefetch import Feed
from pipeline.training.readers import reader_of

pytestmark = pytest.mark.claim

CPU = torch.device("cpu")
ADAM = {"optimizer": {"lr": 1e-3}, "discriminator_optimizer": {"lr": 1e-3}}


def trained(store: Store, seed: int = 1, **fields: Any) -> tuple[Method[Any], Any, Feed]:
    """A method after its steps, its finished model, and what it read."""
    run = load_run(
        {"data": "digits", "domains": ["digit"], "batch": 32, "precision": "fp32", **fields}
    )
    torch.manual_seed(seed)
    method = run.build(run.select(store.spec))
    toy, feed = trainer(run, method, seed), Feed(reader_of(store, run, seed=seed, device=CPU))
    toy.fit(feed)
    return method, toy.finish(feed), feed


def read(store: Store, split: str) -> tuple[Tensor, Tensor]:
    """All samples of a split, and their classes."""
    domain = store.domain(split, "digit")
    rows = np.stack([domain.item(number) for number in range(len(domain))])
    x = store.codec.to_sample(torch.from_numpy(rows), "digit")
    return x, torch.from_numpy(domain.labels.astype(np.int64))


def accuracy(logits: Tensor, labels: Tensor) -> float:
    return float((logits.argmax(dim=1) == labels).float().mean())


def test_few_labels_teach_more_beside_a_gan(digits_store: Store):
    """Salimans et al. 2016, table 2, at 20 labels: against the same network, batches and steps."""
    x, labels = read(digits_store, "test")
    gains = []
    for seed in (1, 2):
        method, model, feed = trained(
            digits_store,
            seed,
            method="sgan",
            labelled=20,
            steps=300,
            latent=16,
            generator={"width": 16},
            discriminator={"width": 16, "norm": "none"},
            adversarial_weight=1,
            matching_weight=0.01,
            **ADAM,
        )
        assert isinstance(method, SGAN)
        torch.manual_seed(seed)
        alone = method.params.build_model(method.params.select(digits_store.spec)).classifier
        optimizer = torch.optim.Adam(alone.parameters(), lr=1e-3, betas=(0.9, 0.999))
        for step in range(300):
            batch = feed(step)
            loss = cross_entropy(alone(batch.x[::2]), batch.y[::2])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            gains.append(accuracy(model.classify(x), labels) - accuracy(alone(x), labels))
    assert sum(gains) / len(gains) > 0.03, gains


def test_a_discriminators_features_tell_more_of_classes_than_pixels(digits_store: Store):
    """Radford et al. 2016, section 5.1: no label was read when they were learnt.

    On these digits random weights do as well: nearly all there is to tell is in local strokes.
    """
    (x, y), (test, known) = read(digits_store, "train"), read(digits_store, "test")
    gains = []
    for seed in (1, 2):
        method, _, _ = trained(
            digits_store,
            seed,
            method="gan",
            steps=300,
            latent=16,
            generator={"width": 16},
            discriminator={"width": 16, "norm": "none"},
            optimizer={"lr": 5e-4},
            discriminator_optimizer={"lr": 5e-4},
        )
        assert isinstance(method, GAN)
        network: Any = deepcopy(method.adversary.network).eval()
        chosen = torch.from_numpy(choose_labelled(y.numpy(), 20, seed))
        with torch.no_grad():
            learnt, shown = network.features(x[chosen]), network.features(test)
        pixels = probe_accuracy(x[chosen].flatten(1), y[chosen], test.flatten(1), known)
        gains.append(probe_accuracy(learnt, y[chosen], shown, known) - pixels)
    assert min(gains) > 0.02, gains


def test_projection_and_truncation(digits_store: Store):
    """Miyato & Koyama 2018: what is asked for is drawn, and a wrong class lowers the logit of a
    picture. Brock et al. 2019: less room for z trades variety for fidelity; at a limit of 0.3 this
    one's samples fall apart, as those of many did there (section 3.1)."""
    _, classifier, _ = trained(
        digits_store,
        method="classifier",
        steps=250,
        batch=64,
        optimizer={"lr": 3e-3, "beta1": 0.9},
        network={"width": 16, "levels": 3, "dropout": 0},
    )
    assert isinstance(classifier, ClassifierModel)
    method, model, _ = trained(
        digits_store,
        method="gan",
        conditional=True,
        steps=400,
        batch=64,
        latent=16,
        loss="hinge",
        generator={"width": 16, "norm": "conditional_batch"},
        discriminator={"width": 16, "norm": "none", "head": "projection"},
        ema={"decay": 0.98},
        **ADAM,
    )
    assert isinstance(method, GAN)
    x, labels = read(digits_store, "test")
    network = method.adversary.network.eval()
    with torch.no_grad():
        right, wrong = network(x, labels), network(x, (labels + 1) % 10)
        asked = torch.arange(10).repeat(50)
        drawn = model.sample(500, torch.Generator().manual_seed(0), asked)
        hits = accuracy(classifier.classify(drawn), asked)
    assert hits >= 0.85
    assert float((right > wrong).float().mean()) >= 0.95
    real = classifier.features(read(digits_store, "train")[0][:500]).detach()
    found = []
    with torch.no_grad():
        for limit in (0.0, 1.0):
            samples = model.sample(500, torch.Generator().manual_seed(0), truncation=limit)
            found.append(precision_recall(classifier.features(samples), real, 5))
    assert found[1].precision > found[0].precision + 0.05, found
    assert found[1].recall < found[0].recall - 0.05, found
