"""GANs put together from parts: DCGAN, WGAN, WGAN-GP and conditional ones from a block alone."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import tiny
import torch
from pydantic import ValidationError
from torch import Tensor
from torch.nn.functional import one_hot
from trainers import trainer

from pipeline.datasets.store import Store
from pipeline.losses.penalty import input_gradients, interpolate, off_diagonal_penalty
from pipeline.methods.gan import GAN
from pipeline.methods.registry import load_run
from pipeline.nn.conditioning import OneHotInput, OneHotPlanes
from pipeline.samples import Batch, DatasetSpec, Labelled, Spec
from pipeline.training.prefetch import Feed
from pipeline.training.readers import reader_of
from pipeline.training.trainer import Trainer

RUN = tiny.runs()["dcgan"]
DIGITS = tuple("0123456789")
POINT = Spec(channels=2, height=1, width=1, bounded=False)
POINTS = DatasetSpec(specs={"ring": POINT})
MLP = {"kind": "mlp", "width": 64, "layers": 3}
RESNET = {"kind": "resnet", "width": 4}


def block(**fields: Any) -> dict[str, Any]:
    return {"method": "gan", "data": "d", "domains": ["ring"], "steps": 1, **fields}


def build(**fields: Any) -> GAN:
    method = tiny.build(tiny.shrink(RUN, **fields))
    assert isinstance(method, GAN)
    return method


def training(fields: dict[str, Any], data: DatasetSpec, seed: int = 1) -> Trainer:
    run = load_run({"precision": "fp32", "log_every": fields["steps"], **fields})
    torch.manual_seed(seed)
    return trainer(run, run.build(data), seed)


def ring(count: int, seed: int) -> Tensor:
    """Points [count, 2, 1, 1] of 8 Gaussians on a circle of radius 1."""
    generator = torch.Generator().manual_seed(seed)
    angle = torch.randint(8, (count,), generator=generator) * math.pi / 4
    centre = torch.stack([angle.cos(), angle.sin()], dim=1)
    return (centre + 0.03 * torch.randn(count, 2, generator=generator)).view(count, 2, 1, 1)


def batches(count: int) -> Callable[[int], Batch]:
    return lambda step: Labelled(ring(count, step), torch.zeros(count, dtype=torch.int64))


# Values


def test_defaults_are_dcgans():
    run = load_run(block())
    assert (run.latent, run.loss, run.penalty.kind) == (100, "nonsaturating", "none")
    for network in (run.generator, run.discriminator):
        assert (network.kind, network.norm) == ("dcgan", "batch")
    for adam in (run.optimizer, run.discriminator_optimizer):
        assert (adam.kind, adam.lr, adam.beta1, adam.beta2) == ("adam", 2e-4, 0.5, 0.999)
    assert (run.discriminator_steps, run.regulariser, run.conditional) == (1, None, False)


def test_losses_by_hand():
    method, batch = (
        build(loss="hinge", discriminator={"width": 2, "norm": "none"}),
        tiny.batch_of(RUN),
    )
    torch.manual_seed(3)
    first, second = method.updates(batch, 0)
    torch.manual_seed(3)
    with torch.no_grad():  # no optimiser steps, so both updates see the same weights
        fake = method.model.generator(torch.randn(len(batch.x), method.model.latent))
        of_real, of_fake = (method.adversary.network(x) for x in (batch.x, fake))
    assert (first.optimizer, second.optimizer) == ("discriminator", "generator")
    torch.testing.assert_close(
        first.loss, (1 - of_real).relu().mean() + (1 + of_fake).relu().mean()
    )
    torch.testing.assert_close(second.loss, -of_fake.mean())


def test_the_regulariser_presses_the_generators_filters_apart():
    plain, pressed = build(), build(regulariser={"weight": 0.5})
    updates = []
    for method in (plain, pressed):
        torch.manual_seed(3)
        updates.append(list(method.updates(tiny.batch_of(RUN), 0))[1])
    # A filter makes one output: a row of a linear layer, a column of a transposed convolution.
    weights = [p for p in plain.model.parameters() if p.ndim > 1]
    filters = [p if p.ndim == 2 else p.transpose(0, 1) for p in weights]
    assert [len(rows) for rows in filters[1:]] == [p.shape[1] for p in weights[1:]]
    expected = sum(off_diagonal_penalty(rows) for rows in filters)
    torch.testing.assert_close(updates[1].logs["orthogonal"], expected)
    torch.testing.assert_close(updates[1].loss, updates[0].loss + 0.5 * expected)
    assert "orthogonal" not in updates[0].logs


# Conditions


def test_both_networks_are_told_the_class():
    method, batch = build(conditional=True), tiny.batch_of(RUN)
    network = method.adversary.network
    assert isinstance(method.model.generator, OneHotInput)
    assert isinstance(network, OneHotPlanes)
    assert method.model.classes == 10
    vectors: list[Tensor] = []
    planes: list[Tensor] = []
    method.model.generator.network.register_forward_pre_hook(lambda _, a: vectors.append(a[0]))
    network.network.register_forward_pre_hook(lambda _, a: planes.append(a[0]))
    list(method.updates(batch, 0))
    told = one_hot(batch.y, 10).float()
    assert torch.equal(vectors[0][:, -10:], told)
    assert len(planes) == 3  # real, fake, and the fake again for the generator
    for shown in planes:
        assert torch.equal(shown[:, 1:], told[:, :, None, None].expand(-1, -1, 16, 16))
    assert torch.equal(planes[0][:, :1], batch.x)


def test_a_class_is_drawn_where_it_is_asked_for():
    model = build(conditional=True).model.eval()
    draws = [
        model.sample(3, torch.Generator().manual_seed(1), torch.full((3,), digit))
        for digit in (4, 4, 7)
    ]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    z = torch.randn(2, model.latent)
    assert torch.equal(model.decode(z), model.decode(z, torch.zeros(2, dtype=torch.int64)))
    seen: list[Tensor] = []
    model.generator.register_forward_pre_hook(lambda _, args: seen.append(args[1]))
    model.sample(2000, torch.Generator().manual_seed(1))  # its own mixture: evenly
    shares = torch.bincount(seen[0], minlength=10) / 2000
    torch.testing.assert_close(shares, torch.full((10,), 0.1), atol=0.03, rtol=0)


@pytest.mark.parametrize(
    "wrong",
    [torch.tensor([0, 10]), torch.tensor([-1, 0]), torch.tensor([0]), torch.tensor([[0, 1]])],
)
def test_a_class_that_there_is_not_is_refused(wrong):
    with pytest.raises(ValueError, match="expected 2 classes from 0 to 9, found"):
        build(conditional=True).model.sample(2, condition=wrong)


@pytest.mark.parametrize("name", ["dcgan", "vae", "code_prior"])
def test_a_class_of_a_model_without_is_refused(name):
    run = tiny.runs()[name]
    run = tiny.shrink(run, **({"conditional": False} if name != "vae" else {}))
    model = run.build_model(tiny.data_of(run), tiny.pretrained_of(run)).eval()
    assert model.classes == 0
    with pytest.raises(ValueError, match="a class is not supported: the model was trained without"):
        model.sample(2, condition=torch.zeros(2, dtype=torch.int64))


@pytest.mark.parametrize("classes", [(), ("one",)])
def test_a_condition_needs_classes(classes):
    data = DatasetSpec(specs={"digit": tiny.specs_of(RUN)["digit"]}, classes=classes)
    run = tiny.shrink(RUN, conditional=True)
    for making in (run.build, run.build_model):
        with pytest.raises(ValueError, match="conditional: digit has no classes to tell"):
            making(data)


def test_domains_may_be_the_classes():
    spec = tiny.specs_of(RUN)["digit"]
    run = tiny.shrink(RUN, conditional=True, domains=("a", "b"))
    data = DatasetSpec(specs={"a": spec, "b": spec}, classes=("a", "b"))
    assert run.build_model(data).classes == 2
    other = spec.model_copy(update={"channels": 3})
    with pytest.raises(ValueError, match=r"a has .* but b has .*channels=3"):
        run.build_model(DatasetSpec(specs={"a": spec, "b": other}, classes=("a", "b")))
    with pytest.raises(ValidationError, match="domains names one twice: a, a"):
        load_run(block(domains=["a", "a"]))


# Several steps of the discriminator


def test_each_discriminator_step_sees_samples_of_its_own(digits_store: Store):
    run = tiny.shrink(RUN, discriminator_steps=3, batch=4)
    assert run.batches_per_step == 3
    feed = Feed(reader_of(digits_store, run, seed=1, device=torch.device("cpu")))
    torch.manual_seed(0)
    method = run.build(run.select(digits_store.spec))
    assert isinstance(method, GAN)
    seen: list[Tensor] = []
    method.adversary.network.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    names: list[str] = []
    for step in range(2):
        batch = feed(step)
        assert len(batch.x) == len(batch.y) == 12
        names += feed.reader.names(step)
        seen.clear()
        updates = [update.optimizer for update in method.updates(batch, step)]
        assert updates == ["discriminator"] * 3 + ["generator"]
        real, fake = seen[0:6:2], seen[1:6:2]
        assert torch.equal(torch.cat(real), batch.x)
        assert all(not torch.equal(a, b) for a, b in ((fake[0], fake[1]), (fake[1], fake[2])))
        assert torch.equal(seen[6], fake[2])  # the generator's update is of the last fakes
    assert len(set(names)) == 24


# Whole configurations


@pytest.mark.claim
def test_wgan_gp_covers_a_ring_of_gaussians():
    adam = {"lr": 1e-3, "beta1": 0.5, "beta2": 0.9}
    fields = {
        **{"steps": 500, "batch": 128, "latent": 2, "generator": MLP, "discriminator": MLP},
        **{"loss": "wasserstein", "penalty": {"kind": "gradient", "weight": 1}},
        **{"discriminator_steps": 5, "optimizer": adam, "discriminator_optimizer": adam},
    }
    toy = training(block(**fields), POINTS)
    toy.fit(batches(5 * 128))
    model = toy.finish(batches(5 * 128))
    with torch.no_grad():
        fake = model.sample(2000, torch.Generator().manual_seed(1))
    between = interpolate(ring(2000, 10**6), fake)
    norms = input_gradients(toy.method.adversary.network, between).flatten(1).norm(dim=1)
    assert float(norms.mean().detach()) == pytest.approx(1, abs=0.1)
    angle = torch.arange(8) * math.pi / 4
    distance, mode = torch.cdist(
        fake.flatten(1), torch.stack([angle.cos(), angle.sin()], dim=1)
    ).min(dim=1)
    counts = torch.bincount(mode[distance < 0.2], minlength=8)
    assert int((counts > 40).sum()) >= 7, counts  # of 250 each


def test_wgan_clips_every_weight_after_every_step():
    adam = {"kind": "rmsprop", "lr": 5e-4}
    fields = {
        **{"steps": 4, "batch": 16, "latent": 2, "generator": MLP, "discriminator": MLP},
        **{"loss": "wasserstein", "penalty": {"kind": "clip", "limit": 0.01}},
        **{"discriminator_steps": 5, "optimizer": adam, "discriminator_optimizer": adam},
    }
    toy = training(block(**fields), POINTS)
    weights = list(toy.method.adversary.parameters())
    clipped: list[bool] = []
    toy.method.adversary.network.register_forward_pre_hook(
        lambda *_: clipped.append(all(float(w.detach().abs().max()) <= 0.01 for w in weights))
    )
    assert all(float(w.detach().abs().max()) > 0.01 for w in weights)
    for step in range(4):
        toy.take_step(batches(80)(step))
        assert all(float(w.detach().abs().max()) <= 0.01 for w in weights)
    # Real and fake five times and the fake once more, a step: all but the first two see it bounded.
    assert clipped == [False] * 2 + [True] * 42


@pytest.mark.parametrize("name", ["discriminator", "generator"])
def test_wgan_gp_on_residual_networks_lowers_its_losses(name):
    adam = {"lr": 2e-3, "beta1": 0.0, "beta2": 0.9}
    fields = {
        **{"steps": 40, "batch": 8, "latent": 4, "generator": RESNET, "discriminator": RESNET},
        **{"loss": "wasserstein", "penalty": {"kind": "gradient", "weight": 10}},
        **{"optimizer": adam, "discriminator_optimizer": adam},
    }
    spec = Spec(channels=1, height=16, width=16, bounded=True)
    toy = training(block(**fields), DatasetSpec(specs={"ring": spec}))
    batch = Labelled(tiny.sample_of(spec, 8, 1), torch.zeros(8, dtype=torch.int64))
    losses = []
    for step in range(40):
        torch.manual_seed(step)
        for update in toy.method.updates(batch, step):
            if update.optimizer == name:
                toy.apply([update])
                losses.append(float(update.loss.detach()))
                assert math.isfinite(losses[-1])
    first, last = sum(losses[:8]) / 8, sum(losses[-8:]) / 8
    assert last < first - 0.2 * abs(first)


def fitted(fields: dict[str, Any], store: Store) -> torch.nn.Module:
    """Train on digits."""
    block = {"data": "digits", "domains": ["digit"], "batch": 64, **fields}
    toy = training(block, load_run(block).select(store.spec))
    feed = Feed(reader_of(store, toy.params, seed=1, device=torch.device("cpu")))
    toy.fit(feed)
    return toy.finish(feed)


@pytest.mark.claim
def test_a_conditional_gan_draws_the_digits_that_it_is_asked_for(digits_store: Store):
    classifier = fitted(
        {
            **{"method": "classifier", "steps": 250, "optimizer": {"lr": 3e-3, "beta1": 0.9}},
            "network": {"width": 16, "levels": 3, "dropout": 0},
        },
        digits_store,
    )
    width, adam = {"width": 16}, {"lr": 1e-3}
    model = fitted(
        {
            **{"method": "gan", "conditional": True, "steps": 400, "latent": 16},
            **{"generator": width, "discriminator": width, "ema": {"decay": 0.98}},
            **{"optimizer": adam, "discriminator_optimizer": adam},
        },
        digits_store,
    )
    asked = torch.arange(10).repeat(50)
    with torch.no_grad():
        drawn = model.sample(500, torch.Generator().manual_seed(0), asked)
        found = classifier.classify(drawn).argmax(dim=1)
    assert float((found == asked).float().mean()) >= 0.9
    assert float(drawn.view(50, 10, -1).std(dim=0).mean()) > 0.1  # and not the same one each time
