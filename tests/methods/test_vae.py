"""The VAE: its bound and what is added to it, and the gradient through what is drawn."""

import math

import pytest
import tiny
import torch
from trainers import trainer

from pipeline.losses.divergence import gaussian_kl
from pipeline.methods.corruption import corrupted
from pipeline.methods.total_correlation import CodeDiscriminator
from pipeline.methods.vae import NOISE_LR, VAE, CapacityParams
from pipeline.models.vae import reparameterised
from pipeline.samples import Labelled

RUN = tiny.runs()["vae"]


def build(**fields: object) -> VAE:
    method = tiny.build(tiny.shrink(RUN, **fields))
    assert isinstance(method, VAE)
    return method


def test_noise_is_learnt_or_fixed():
    learnt = build(noise=None)
    assert learnt.model.log_variance.requires_grad
    groups = learnt.optimizers()["model"].param_groups
    assert groups[1]["params"] == [learnt.model.log_variance]
    assert groups[1]["lr"] == pytest.approx(NOISE_LR * groups[0]["lr"])
    fixed = build(noise=0.5)
    assert not fixed.model.log_variance.requires_grad
    assert len(fixed.optimizers()["model"].param_groups) == 1
    assert float(fixed.model.log_variance) == pytest.approx(2 * math.log(0.5))


def test_the_loss_is_the_negative_elbo_a_value():
    batch = tiny.batch_of(RUN)
    method = build(beta=1.0)
    torch.manual_seed(3)
    update = next(method.updates(batch, 0))
    expected = (update.logs["nll"] + update.logs["kl"]) / batch.x[0].numel()
    torch.testing.assert_close(update.loss, expected)
    doubled = build(beta=2.0)
    torch.manual_seed(3)
    loss = next(doubled.updates(batch, 0)).loss
    expected = (update.logs["nll"] + 2 * update.logs["kl"]) / batch.x[0].numel()
    torch.testing.assert_close(loss, expected)


def test_a_score_does_not_depend_on_a_samples_neighbours():
    model, batch = build().model.eval(), tiny.batch_of(RUN)
    alone = torch.cat([model.score(x[None]) for x in batch.x])
    torch.testing.assert_close(model.score(batch.x), alone)


def test_a_capacity_rises_to_its_end():
    capacity = CapacityParams(nats=20, steps=10)
    assert [capacity.at(step) for step in (0, 5, 10, 99)] == [0, 10, 20, 20]


@pytest.mark.parametrize("nats", [1e-3, 1e4])
def test_the_kl_term_is_held_to_the_capacity(nats):
    method = build(beta=7.0, capacity={"nats": nats, "steps": 1})
    batch = tiny.batch_of(RUN)
    torch.manual_seed(3)
    update = next(method.updates(batch, 5))
    expected = update.logs["nll"] + 7 * (update.logs["kl"] - nats).abs()
    torch.testing.assert_close(update.loss, expected / batch.x[0].numel())
    assert (update.logs["kl"] > nats) == (nats < 1)


def test_the_gradient_through_a_draw_is_the_numerical_one():
    model = build(noise=0.5).model.double()
    x = tiny.batch_of(RUN).x.double()
    noise = torch.randn(len(x), model.latent, dtype=torch.double)
    bias = model.encoder.head.bias

    def bound() -> torch.Tensor:
        # What `elbo` computes, in double precision: it rounds to float32 itself.
        mean, log_variance = model.encoder(x).chunk(2, dim=1)
        z = mean + (0.5 * log_variance).exp() * noise
        squares = (x - model.decoder(z)).square().sum()
        return squares / (2 * 0.25)

    (gradient,) = torch.autograd.grad(bound(), bias)
    for place in (0, model.latent):  # a mean, and a log-variance
        with torch.no_grad():
            ends = []
            for step in (1e-5, -2e-5):
                bias[place] += step
                ends.append(bound())
            bias[place] += 1e-5
        slope = (ends[0] - ends[1]) / 2e-5
        torch.testing.assert_close(gradient[place], slope, rtol=1e-4, atol=1e-6)


def test_the_elbos_gradient_is_the_numerical_one():
    model = build(noise=0.5).model
    x = tiny.batch_of(RUN).x
    noise = torch.randn(len(x), model.latent)
    bias = model.encoder.head.bias

    def bound() -> torch.Tensor:
        nll, kl = model.elbo(x, noise)
        return (nll + kl).sum()

    (gradient,) = torch.autograd.grad(bound(), bias)
    for place in (0, model.latent):
        with torch.no_grad():
            bias[place] += 1e-2
            above = bound().double()
            bias[place] -= 2e-2
            below = bound().double()
            bias[place] += 1e-2
        torch.testing.assert_close(
            gradient[place].double(), (above - below) / 2e-2, rtol=0.02, atol=0.05
        )


# Total correlation


KINDS = [{"kind": "minibatch"}, {"kind": "discriminator", "width": 8, "layers": 2}]


def with_total_correlation(kind: dict[str, object], **fields: object) -> VAE:
    return build(total_correlation={"weight": 3.0, **kind}, **fields)


def test_a_batchs_total_correlation_is_added_with_its_weight():
    batch = tiny.batch_of(RUN)
    plain, weighted = build(), with_total_correlation({"kind": "minibatch"})
    found = []
    for method in (plain, weighted):
        torch.manual_seed(3)
        (update,) = method.updates(batch, 0)
        found.append(update)
    assert torch.equal(found[0].logs["nll"], found[1].logs["nll"])
    added = 3 * found[1].logs["total_correlation"] / batch.x[0].numel()
    torch.testing.assert_close(found[1].loss, found[0].loss + added)


def test_a_discriminator_of_codes_reads_a_batch_of_its_own():
    method = with_total_correlation(KINDS[1])
    assert method.params.batches_per_step == 2
    batch = tiny.batch_of(RUN, 6)
    plain = build()
    torch.manual_seed(3)
    expected = next(plain.updates(Labelled(batch.x[:3], batch.y[:3]), 0))
    torch.manual_seed(3)
    updates = list(method.updates(batch, 0))
    assert [update.optimizer for update in updates] == ["model", "code_discriminator"]
    assert torch.equal(updates[0].logs["nll"], expected.logs["nll"])
    added = 3 * updates[0].logs["total_correlation"] / batch.x[0].numel()
    torch.testing.assert_close(updates[0].loss, expected.loss + added)
    assert set(method.optimizers()) == {"model", "code_discriminator"}


def test_a_discriminators_mean_logit_becomes_the_total_correlation():
    torch.manual_seed(0)
    discriminator = CodeDiscriminator(2, width=32, layers=2)
    optimizer = torch.optim.Adam(discriminator.parameters(), lr=3e-3)
    spread = torch.linalg.cholesky(torch.tensor([[1.0, 0.8], [0.8, 1.0]]))
    found = []
    for _ in range(600):
        z, others = (torch.randn(256, 2) @ spread.T for _ in range(2))
        update = discriminator.update(z, others)
        optimizer.zero_grad()
        update.loss.backward()
        optimizer.step()
        found.append(float(discriminator(z).mean().detach()))
    expected = -0.5 * math.log(1 - 0.8**2)  # 0.51 nats
    assert sum(found[-100:]) / 100 == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("kind", KINDS, ids=["minibatch", "discriminator"])
def test_each_update_moves_its_own_networks_alone(kind):
    toy = trainer(tiny.shrink(RUN, total_correlation=kind))
    for update in toy.method.updates(tiny.batch_of(RUN), 0):
        before = {name: p.detach().clone() for name, p in toy.method.named_parameters()}
        for parameter in toy.method.parameters():
            parameter.grad = None
        toy.apply([update])
        moved = {
            name.split(".")[0]
            for name, p in toy.method.named_parameters()
            if not torch.equal(p, before[name])
        }
        assert moved == {"model" if update.optimizer == "model" else "discriminator"}


def test_what_has_no_total_correlation_is_refused():
    for fields in ({"latent": 1}, {"batch": 1}, {"batch": 2, "accumulate": 2}):
        with pytest.raises(ValueError, match="total_correlation"):
            with_total_correlation({"kind": "minibatch"}, **fields)


def test_kinds_are_told_apart_and_the_batch_is_the_default():
    found = tiny.shrink(RUN, total_correlation={"weight": 2.0}).total_correlation
    assert (found.kind, found.weight) == ("minibatch", 2.0)
    with pytest.raises(ValueError, match="total_correlation"):
        build(total_correlation={"kind": "minibatch", "width": 8})


# Corruption and draws


def test_the_posterior_is_of_corrupted_samples_and_clean_ones_are_observed():
    batch = tiny.batch_of(RUN)
    method = build(corruption={"kind": "masking", "share": 0.5})
    torch.manual_seed(3)
    found = next(method.updates(batch, 0)).logs
    torch.manual_seed(3)
    seen = corrupted(method.params.corruption, batch.x)
    assert not torch.equal(seen, batch.x)
    mean, log_variance = method.model.posterior(seen)
    z = reparameterised(mean, log_variance)
    torch.testing.assert_close(found["nll"], method.model.nll(batch.x, z).mean())
    torch.testing.assert_close(found["kl"], gaussian_kl(mean, log_variance).mean())


def test_a_drawn_reconstruction_is_another_each_time_and_repeats_with_its_seed():
    model, x = build().model.eval(), tiny.batch_of(RUN).x
    one, again, other = (
        model.draw_reconstruction(x, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert one.shape == x.shape
    with torch.no_grad():
        model.encoder.head.weight[model.latent :] = 0
        model.encoder.head.bias[model.latent :] = -60  # a posterior of no variance
    torch.testing.assert_close(model.draw_reconstruction(x), model.reconstruct(x))
