"""How a GAN's networks are told classes, or asked for them, by a block of parameters alone."""

from typing import Any

import pytest
import tiny
import torch
from gans import resumed, without_waiting
from pydantic import ValidationError
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from trainers import trainer

from pipeline.methods.auxiliary import AuxiliaryAdversary
from pipeline.methods.bottleneck import divergence
from pipeline.methods.discriminator_outputs import Outputs
from pipeline.methods.gan import GAN
from pipeline.methods.registry import load_run
from pipeline.nn.auxiliary import AuxiliaryClassifier
from pipeline.nn.conditioning import OneHotInput, OneHotPlanes

RUN = tiny.runs()["dcgan"]
BATCH = tiny.batch_of(RUN)
PROJECTION = {
    kind: {
        "generator": {"kind": kind, "width": 2, "norm": "conditional_batch"},
        "discriminator": {"kind": kind, "width": 2, "norm": "none", "head": "projection"},
    }
    for kind in ("dcgan", "resnet")
} | {
    "biggan": {
        "latent": 6,
        "generator": {"kind": "biggan", "width": 2, "shared": 4, "attention": [16]},
        "discriminator": {"kind": "biggan", "width": 2, "attention": [8]},
    }
}


def build(**fields: Any) -> GAN:
    method = tiny.build(tiny.shrink(RUN, **{"conditional": True, **fields}))
    assert isinstance(method, GAN)
    return method


def block(**fields: Any) -> dict[str, Any]:
    return {"method": "gan", "data": "d", "domains": ["ring"], "steps": 1, **fields}


# Norms and projection


@pytest.mark.parametrize("kind", PROJECTION)
def test_norms_and_heads_take_the_place_of_one_hot_inputs(kind):
    method = build(**PROJECTION[kind])
    assert not isinstance(method.model.generator, OneHotInput)
    assert not isinstance(method.adversary.network, OneHotPlanes)
    seen: list[tuple[Any, ...]] = []
    for network in (method.model.generator, method.adversary.network):
        network.register_forward_pre_hook(lambda _, args: seen.append(args))
    list(method.updates(BATCH, 0))
    assert len(seen) == 4  # generated once; real, fake, and fake again
    assert all(torch.equal(args[1], BATCH.y) for args in seen)


@pytest.mark.parametrize("kind", PROJECTION)
def test_every_part_learns_of_the_class(kind):
    toy = trainer(tiny.shrink(RUN, **{"conditional": True, **PROJECTION[kind]}))
    before = {name: p.detach().clone() for name, p in toy.method.named_parameters()}
    for step in range(3):
        toy.take_step(BATCH) if step == 0 else toy.apply(toy.method.updates(BATCH, step))
    told = [
        name for name in before if any(part in name for part in ("gain", "embedding", "shared"))
    ]
    assert len(told) >= 2
    for name, parameter in toy.method.named_parameters():
        if name in told:
            assert not torch.equal(parameter, before[name]), name


def test_samples_of_a_class_follow_its_norms():
    model = build(**PROJECTION["resnet"]).model.eval()
    z, first = torch.randn(4, model.latent), torch.zeros(4, dtype=torch.int64)
    assert torch.equal(model.decode(z, first), model.decode(z, first + 1))  # both begin alike
    torch.nn.init.normal_(model.generator.blocks[0].norm_1.gain.weight)
    assert not torch.equal(model.decode(z, first), model.decode(z, first + 1))
    assert torch.equal(model.decode(z), model.decode(z, first))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"generator": {"norm": "conditional_batch"}},
            "generator: norm: conditional_batch is of classes: it needs conditional: true",
        ),
        (
            {"discriminator": {"head": "projection"}},
            "discriminator: head: projection is of classes: it needs conditional: true",
        ),
        ({"generator": {"kind": "biggan"}}, "generator: norm: conditional_batch is of classes"),
        ({"auxiliary": 1}, "auxiliary is of classes: it needs conditional: true"),
        ({"wrong_classes": True}, "wrong_classes is of classes: it needs conditional: true"),
        (
            {"conditional": True, "auxiliary": 1, "discriminator": {"head": "projection"}},
            "auxiliary asks the discriminator for the class that head: projection tells it",
        ),
        (
            {"conditional": True, "auxiliary": 1, "wrong_classes": True},
            "wrong_classes is for a discriminator that is told the class",
        ),
    ],
)
def test_parts_of_classes_that_do_not_fit_are_refused(fields, reason):
    with pytest.raises(ValidationError, match=reason):
        load_run(block(**fields))


def test_a_vae_is_told_no_class():
    run = tiny.shrink(tiny.runs()["vae"], decoder={"width": 2, "norm": "conditional_batch"})
    with pytest.raises(ValueError, match="norm: conditional_batch needs classes: a gan with"):
        run.build(tiny.data_of(run))


# ACGAN


def test_the_auxiliary_classifier_by_hand():
    method = build(auxiliary=0.5, discriminator={"width": 2, "norm": "none"})
    assert isinstance(method.adversary, AuxiliaryAdversary)
    network = method.adversary.network
    assert isinstance(network, AuxiliaryClassifier)
    torch.manual_seed(3)
    first, second = method.updates(BATCH, 0)
    torch.manual_seed(3)
    with torch.no_grad():  # no optimiser steps, so both updates see the same weights
        fake = method.model.decode(torch.randn(len(BATCH.x), method.model.latent), BATCH.y)
        of_real, of_fake = network.network(BATCH.x), network.network(fake)
    assert of_real.shape == (4, 11)

    def named(logits: Tensor, real: float) -> Tensor:
        return binary_cross_entropy_with_logits(logits[:, 0], torch.full((4,), float(real)))

    def classed(logits: Tensor) -> Tensor:
        return cross_entropy(logits[:, 1:], BATCH.y)

    expected = named(of_real, 1) + named(of_fake, 0) + 0.5 * (classed(of_real) + classed(of_fake))
    torch.testing.assert_close(first.loss, expected)
    torch.testing.assert_close(second.loss, named(of_fake, 1) + 0.5 * classed(of_fake))
    torch.testing.assert_close(first.logs["class_real"], 0.5 * classed(of_real))
    torch.testing.assert_close(network.classify(fake), of_fake[:, 1:])


# Wrong classes


def test_a_real_sample_of_a_wrong_class_is_a_fake():
    method = build(wrong_classes=True, loss="hinge", discriminator={"width": 2, "norm": "none"})
    seen: list[tuple[Tensor, Tensor]] = []
    network = method.adversary.network
    network.register_forward_pre_hook(lambda _, args: seen.append(args))
    first = next(iter(method.updates(BATCH, 0)))
    real, fake, wrong = seen
    assert torch.equal(real[0], BATCH.x)
    assert torch.equal(wrong[0], BATCH.x)
    assert torch.equal(fake[1], BATCH.y)
    assert (wrong[1] != BATCH.y).all()
    assert ((wrong[1] >= 0) & (wrong[1] < 10)).all()
    with torch.no_grad():
        logits = [network(*shown) for shown in (real, fake, wrong)]
    expected = (1 - logits[0]).relu().mean() + (
        (1 + logits[1]).relu().mean() + (1 + logits[2]).relu().mean()
    ) / 2
    torch.testing.assert_close(first.loss, expected)


def test_wrong_classes_are_drawn_evenly():
    torch.manual_seed(0)
    wrong = build(wrong_classes=True).wrong_labels(torch.full((400,), 3))
    shares = torch.bincount(wrong, minlength=10) / 400
    assert shares[3] == 0
    assert (shares[torch.arange(10) != 3] > 0.05).all()


def test_wrong_classes_move_what_adapts_once_a_step():
    adapting = {
        "adaptive_augmentation": {"every": 8, "samples": 20},
        "bottleneck": {"width": 3, "beta": 0.5, "information": 0.1, "dual_lr": 0.1},
        "penalty": {"kind": "r1", "gamma": 2},
        "discriminator": {"width": 2, "norm": "none"},
    }
    method = build(wrong_classes=True, **adapting)
    adversary = method.adversary
    divergences: list[Tensor] = []
    adversary.network.register_forward_hook(
        lambda _module, _args, layers: divergences.append(divergence(Outputs([], layers)).detach())
    )
    first = next(iter(method.updates(BATCH, 0)))
    real, fake, wrong, _of_the_penalty = divergences
    adaptive = adversary.alteration.adaptive
    assert [float(value) for value in (adaptive.batches, adaptive.seen)] == [1, len(BATCH.x)]
    assert abs(float(adaptive.signs)) <= 1
    kl = (real + (fake + wrong) / 2) / 2
    torch.testing.assert_close(adversary.beta, 0.5 + 0.1 * (kl - 0.1))
    torch.testing.assert_close(first.logs["divergence"].detach(), (real + fake) / 2)
    first.loss.backward()  # though beta has moved since


@pytest.mark.parametrize("part", ["bottleneck", "adaptive_augmentation"])
def test_wrong_classes_resume_and_never_wait(part):
    fields = {"conditional": True, "wrong_classes": True, part: {}}
    resumed(fields)
    without_waiting(fields)
