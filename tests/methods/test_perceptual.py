"""Perceptual losses: which network compares, and that it neither learns nor is saved."""

import hashlib
from pathlib import Path

import pytest
import tiny
import torch
import vgg19
from pydantic import TypeAdapter, ValidationError
from torch import nn

from pipeline.errors import UserError
from pipeline.losses.perceptual import normalised_distance, perceptual_l1
from pipeline.methods.perceptual import (
    AnyPerceptualParams,
    ClassifierDistance,
    Perceptual,
    PerceptualParams,
    VGG19Params,
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vgg19.write_weights(tmp_path_factory.mktemp("vgg") / "vgg19.pth")


def test_pictures_are_compared_in_vgg19s_features(weights):
    loss = VGG19Params(kind="vgg19", weights=weights).build()
    assert isinstance(loss, Perceptual)
    fake, real = (torch.rand(1, 3, 16, 16) * 2 - 1 for _ in range(2))
    expected = perceptual_l1(loss.network(fake), loss.network(real))
    torch.testing.assert_close(loss(fake, real), expected)
    assert loss(real, real) == 0
    fake.requires_grad_()
    real.requires_grad_()
    loss(fake, real).backward()
    assert fake.grad is not None
    assert real.grad is None


def test_vgg19_is_neither_trained_nor_saved(weights):
    loss = VGG19Params(kind="vgg19", weights=weights).build()
    assert not [*loss.parameters()]
    assert not nn.ModuleDict({"loss": loss}).state_dict()


def test_only_the_file_that_is_meant_is_read(weights):
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    VGG19Params(kind="vgg19", weights=weights, sha256=digest).build()
    with pytest.raises(UserError, match=f"sha256 says .* begins {'0' * 64}, found {digest}"):
        VGG19Params(kind="vgg19", weights=weights, sha256="0" * 64).build()


def test_the_choice_must_be_made():
    adapter: TypeAdapter[PerceptualParams] = TypeAdapter(PerceptualParams)
    assert adapter.validate_python({"kind": "none"}).build() is None
    for wrong in ({}, {"kind": "vgg16"}, {"kind": "vgg19"}, {"kind": "none", "weights": "x"}):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)
    with pytest.raises(ValidationError):
        adapter.validate_python({"kind": "classifier"})
    either: TypeAdapter[AnyPerceptualParams] = TypeAdapter(AnyPerceptualParams)
    assert either.validate_python({"kind": "classifier"}).kind == "classifier"


def test_a_classifier_compares_the_directions_of_its_features():
    run = tiny.runs()["classifier_digits"]
    classifier = run.build_model(tiny.data_of(run))
    loss = ClassifierDistance(classifier)
    fake, real = (torch.rand(2, 1, 16, 16, requires_grad=True) for _ in range(2))
    expected = normalised_distance(classifier.taps(fake), classifier.taps(real))
    found = loss(fake, real)
    torch.testing.assert_close(found, expected)
    assert loss(real, real) == 0
    found.backward()
    assert fake.grad is not None
    assert real.grad is None


def test_a_classifier_stays_as_it_is():
    run = tiny.runs()["classifier_digits"]
    classifier = run.build_model(tiny.data_of(run)).train()
    loss = nn.ModuleDict({"loss": ClassifierDistance(classifier)}).train()
    before = {name: value.clone() for name, value in classifier.state_dict().items()}
    loss["loss"](torch.rand(2, 1, 16, 16), torch.rand(2, 1, 16, 16))
    assert not any(module.training for module in classifier.modules())
    assert not any(p.requires_grad for p in loss.parameters())
    after = classifier.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
