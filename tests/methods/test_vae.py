"""The VAE: its bound, its noise, its capacity, and the gradient through what is drawn."""

import math

import pytest
import tiny
import torch

from pipeline.methods.vae import NOISE_LR, VAE, CapacityParams

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
