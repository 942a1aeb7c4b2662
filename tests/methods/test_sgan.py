"""Semi-supervised GANs: K + 1 classes, few labels, and what they learn beyond them."""

import numpy as np
import pytest
import tiny
import torch
from pydantic import ValidationError
from torch import nn
from torch.nn.functional import cross_entropy, softplus

from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.losses.matching import mean_feature_matching
from pipeline.methods.registry import load_run
from pipeline.methods.sgan import SGAN, SGANParams
from pipeline.models.sgan import AnyClass
from pipeline.samples import UNKNOWN, DatasetSpec, Labelled
from pipeline.training.known_labels import choose_labelled
from pipeline.training.labelled_reader import LabelledReader
from pipeline.training.readers import reader_of

RUN = tiny.runs()["sgan"]


def build(**fields) -> SGAN:
    method = tiny.build(tiny.shrink(RUN, **fields))
    assert isinstance(method, SGAN)
    return method


def batch() -> Labelled:
    found = tiny.batch_of(RUN, 8)
    assert isinstance(found, Labelled)
    hidden = torch.arange(8) % 2 == 1
    return found._replace(y=torch.where(hidden, UNKNOWN, torch.arange(8)))


# Values


def test_a_sample_is_real_with_probability_z_over_z_plus_1():
    logits = torch.randn(5, 4)
    z = logits.exp().sum(dim=1)
    found = AnyClass(nn.Identity())(logits)
    torch.testing.assert_close(found.sigmoid().squeeze(1), z / (z + 1))
    # The same as a softmax over K + 1 logits, the last of which is 0.
    whole = torch.cat([logits, torch.zeros(5, 1)], dim=1).softmax(dim=1)
    torch.testing.assert_close(found.sigmoid(), whole[:, :4].sum(dim=1, keepdim=True))


@pytest.mark.parametrize("adversarial", [0.0, 0.5])
def test_losses_by_hand(adversarial):
    method = build(
        supervised_weight=2.0, matching_weight=3.0, adversarial_weight=adversarial, generator={
            "width": 2, "norm": "none"
        },
    )  # fmt: skip
    read = batch()
    torch.manual_seed(3)
    first, second = method.updates(read, 0)
    torch.manual_seed(3)
    with torch.no_grad():  # no optimiser steps, so both updates see the same weights
        fake = method.model.decode(torch.randn(4, method.model.latent))
        labelled, real = read.x[[0, 2, 4, 6]], read.x[[1, 3, 5, 7]]
        logits = [method.model.classify(x) for x in (labelled, real, fake)]
        of_real, of_fake = (each.exp().sum(dim=1).log() for each in logits[1:])
        features = [method.model.features(x) for x in (fake, real)]
    supervised = cross_entropy(logits[0], torch.tensor([0, 2, 4, 6]))
    unsupervised = softplus(-of_real).mean() + softplus(of_fake).mean()
    torch.testing.assert_close(first.loss, unsupervised + 2 * supervised)
    matched = mean_feature_matching(*features)
    torch.testing.assert_close(second.loss, 3 * matched + adversarial * softplus(-of_fake).mean())
    assert ("adversarial" in second.logs) == bool(adversarial)


@torch.no_grad()
def test_it_samples_and_classifies():
    model = build().model.eval()
    assert (model.classes, model.class_names) == (0, tuple("0123456789"))
    x = model.sample(3, torch.Generator().manual_seed(1))
    assert model.classify(x).shape == (3, 10)
    assert torch.equal(model.classify(x), model.classifier.head(model.features(x)))


# Which labels are read


def test_labels_are_chosen_evenly_and_by_the_seed():
    labels = np.arange(1000) % 10 * (np.arange(1000) < 950)
    chosen = choose_labelled(labels, 40, seed=1)
    assert np.bincount(labels[chosen]).tolist() == [4] * 10
    assert len(set(chosen)) == 40
    assert np.array_equal(chosen, choose_labelled(labels, 40, seed=1))
    assert not np.array_equal(chosen, choose_labelled(labels, 40, seed=2))
    more = np.bincount(labels[choose_labelled(labels, 43, seed=1)])
    assert sorted(more) == [4] * 7 + [5] * 3
    rare = np.array([0] * 8 + [1] * 2)
    assert np.bincount(rare[choose_labelled(rare, 8, seed=1)]).tolist() == [6, 2]
    with pytest.raises(ValueError, match="labelled: found 11, allowed: 10 or fewer"):
        choose_labelled(rare, 11, seed=1)


def reader(store: Store, rank: int = 0, world: int = 1, **fields) -> LabelledReader:
    run = tiny.shrink(RUN, **{"batch": 8, **fields})
    made = reader_of(store, run, seed=1, device=torch.device("cpu"), rank=rank, world=world)
    assert isinstance(made, LabelledReader)
    return made


def known_names(made: LabelledReader, step: int) -> list[str]:
    return made.names(step)[::2]


def test_every_second_sample_has_a_label_that_is_read(digits_store: Store):
    made = reader(digits_store, labelled=20)
    domain = digits_store.domain("train", "digit")
    found = made(0)
    assert found.x.shape[0] == 16
    assert (found.y[1::2] == UNKNOWN).all()
    labels = dict(zip(domain.keys, domain.labels, strict=True))
    assert found.y[::2].tolist() == [
        labels[name.partition("/")[2]] for name in known_names(made, 0)
    ]
    seen = [name for step in range(5) for name in known_names(made, step)]
    assert len(set(seen)) == 20  # 5 steps of 8 go twice over 20
    assert all(seen.count(name) == 2 for name in set(seen))
    others = [name for step in range(20) for name in made.names(step)[1::2]]
    assert len(set(others)) == 160  # all of the training data, none twice an epoch


def test_processes_share_a_step(digits_store: Store):
    whole, parts = reader(digits_store), [reader(digits_store, rank, 2) for rank in (0, 1)]
    for step in (0, 7):
        assert known_names(whole, step)[0::2] == known_names(parts[0], step)
        assert known_names(whole, step)[1::2] == known_names(parts[1], step)
        assert whole.names(step)[1::4] == parts[0].names(step)[1::2]
        assert whole.names(step)[3::4] == parts[1].names(step)[1::2]


def test_more_labels_than_items_are_refused(digits_store: Store):
    with pytest.raises(UserError, match="labelled: found 100000, allowed"):
        reader(digits_store, labelled=100_000)


# What does not fit


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"matching_weight": 0}, "nothing would teach the generator"),
        ({"loss": "wasserstein"}, "loss"),
        (
            {"generator": {"norm": "conditional_batch"}},
            "generator: an sgan tells its networks no class, but asks for it",
        ),
        ({"discriminator": {"head": "projection"}}, "discriminator: an sgan tells"),
        ({"labelled": 0}, "greater than or equal to 1"),
    ],
)
def test_what_does_not_fit_is_refused(fields, reason):
    with pytest.raises(ValidationError, match=reason):
        load_run({"method": "sgan", "data": "d", "domains": ["digit"], "steps": 1, **fields})


def test_classes_are_needed_and_one_label_of_each():
    spec = tiny.specs_of(RUN)["digit"]
    assert isinstance(RUN, SGANParams)
    with pytest.raises(ValueError, match="sgan: digit has no classes to tell apart"):
        RUN.build(DatasetSpec(specs={"digit": spec}))
    with pytest.raises(ValueError, match="labelled: found 9, allowed: 10 or more"):
        tiny.shrink(RUN, labelled=9).build(tiny.data_of(RUN))
