"""Autoencoders of vectors: capacity, and the gradient through what is drawn."""

import pytest
import tiny
import torch

from pipeline.methods.registry import load_run
from pipeline.methods.vae import CapacityParams

RUNS = tiny.runs()


def build(name: str, **fields: object):
    torch.manual_seed(0)
    run = tiny.shrink(RUNS[name], **fields)
    return run.build(tiny.data_of(run), tiny.pretrained_of(run))


def test_a_capacity_rises_to_its_end():
    capacity = CapacityParams(nats=20, steps=10)
    assert [capacity.at(step) for step in (0, 5, 10, 99)] == [0, 10, 20, 20]


@pytest.mark.parametrize("nats", [1e-3, 1e4])
def test_the_kl_term_is_held_to_the_capacity(nats):
    method = build("vae", beta=7.0, capacity={"nats": nats, "steps": 1})
    batch = tiny.batch_of(RUNS["vae"])
    torch.manual_seed(3)
    update = next(method.updates(batch, 5))
    expected = update.logs["nll"] + 7 * (update.logs["kl"] - nats).abs()
    torch.testing.assert_close(update.loss, expected / batch.x[0].numel())
    assert (update.logs["kl"] > nats) == (nats < 1)


def test_the_gradient_through_a_draw_is_the_numerical_one():
    run = RUNS["vae"]
    model = build("vae", noise=0.5).model.double()
    x = tiny.batch_of(run).x.double()
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
    model = build("vae", noise=0.5).model
    x = tiny.batch_of(RUNS["vae"]).x
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


def test_an_autoencoder_learns_by_the_loss_that_it_is_told():
    batch = tiny.batch_of(RUNS["autoencoder"])
    for loss in ("l1", "l2"):
        method = build("autoencoder", loss=loss)
        update = next(method.updates(batch, 0))
        with torch.no_grad():
            error = method.model.reconstruct(batch.x) - batch.x
        expected = error.abs().mean() if loss == "l1" else error.square().mean()
        torch.testing.assert_close(update.loss, expected)
    with pytest.raises(ValueError, match="loss"):
        load_run({"method": "autoencoder", "data": "d", "domains": ["x"], "steps": 1, "loss": "l3"})
