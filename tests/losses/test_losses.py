"""Losses at values worked out by hand or taken from torch.distributions."""

import math

import pytest
import torch
from torch.autograd import gradcheck
from torch.distributions import Normal, kl_divergence

from pipeline.losses.adversarial import discriminator_loss, generator_loss, verdict
from pipeline.losses.contrastive import patch_nce
from pipeline.losses.divergence import gaussian_kl, mean_kl
from pipeline.losses.matching import feature_matching
from pipeline.losses.reconstruction import gaussian_nll, logit_laplace_nll

REAL = torch.tensor([2.0, -0.5])
FAKE = torch.tensor([[0.5, -3.0]])


def cross_entropy(logit: float, target: int) -> float:
    probability = 1 / (1 + math.exp(-logit))
    return -math.log(probability if target else 1 - probability)


@pytest.mark.parametrize(
    ("kind", "discriminator", "generator"),
    [
        (
            "nonsaturating",
            (cross_entropy(2, 1) + cross_entropy(-0.5, 1)) / 2
            + (cross_entropy(0.5, 0) + cross_entropy(-3, 0)) / 2,
            (cross_entropy(0.5, 1) + cross_entropy(-3, 1)) / 2,
        ),
        ("least_squares", (1 + 2.25) / 2 + (0.25 + 9) / 2, (0.25 + 16) / 2),
        ("hinge", (0 + 1.5) / 2 + (1.5 + 0) / 2, 1.25),
        ("wasserstein", -1.25 - 0.75, 1.25),
    ],
)
def test_adversarial_losses_by_hand(kind, discriminator, generator):
    assert float(discriminator_loss(kind, REAL, FAKE)) == pytest.approx(discriminator, rel=1e-6)
    assert float(generator_loss(kind, FAKE)) == pytest.approx(generator, rel=1e-6)


@pytest.mark.parametrize("kind", ["nonsaturating", "least_squares", "hinge", "wasserstein"])
def test_adversarial_gradients(kind):
    real = torch.tensor([2.0, -0.5, 0.3], dtype=torch.float64, requires_grad=True)
    fake = torch.tensor([0.5, -3.0, 1.7], dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda r, f: discriminator_loss(kind, r, f), (real, fake))
    assert gradcheck(lambda f: generator_loss(kind, f), (fake,))


def test_cross_entropy_stays_finite_at_extreme_logits():
    logits = torch.tensor([-1e4, 1e4])
    assert torch.isfinite(discriminator_loss("nonsaturating", logits, logits))
    assert torch.isfinite(generator_loss("nonsaturating", logits))


def test_kl_is_that_of_torch():
    mean, log_variance = torch.randn(5, 7), torch.randn(5, 7)
    q = Normal(mean, (0.5 * log_variance).exp())
    expected = kl_divergence(q, Normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected)
    zero = torch.zeros(2, 3)
    assert torch.equal(gaussian_kl(zero, zero), torch.zeros(2))


def test_kl_at_variance_1_is_that_of_torch_a_value():
    mean = torch.randn(5, 3, 2, 7)
    expected = kl_divergence(Normal(mean, 1.0), Normal(0.0, 1.0)).mean()
    torch.testing.assert_close(mean_kl(mean), expected)
    rows = gaussian_kl(mean.flatten(1), torch.zeros(5, 42))
    torch.testing.assert_close(mean_kl(mean), rows.mean() / 42)
    assert float(mean_kl(torch.zeros(2, 3))) == 0


def test_nll_is_that_of_torch():
    x, mean = torch.randn(4, 3, 2, 5), torch.randn(4, 3, 2, 5)
    for log_variance in (-1.3, 0.0, 0.7):
        p = Normal(mean, math.exp(0.5 * log_variance))
        expected = -p.log_prob(x).flatten(1).sum(dim=1)
        torch.testing.assert_close(gaussian_nll(x, mean, torch.tensor(log_variance)), expected)


def test_divergence_and_likelihood_gradients():
    torch.manual_seed(0)
    a, b = (torch.randn(2, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert gradcheck(gaussian_kl, (a, b))
    assert gradcheck(mean_kl, (a,))
    log_variance = torch.tensor(0.4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(gaussian_nll, (a, b, log_variance))


def test_the_best_noise_is_the_mean_squared_error():
    x, mean = torch.randn(3, 50), torch.randn(3, 50)
    log_variance = (x - mean).square().mean().log().requires_grad_()
    gaussian_nll(x, mean, log_variance).sum().backward()
    assert abs(float(log_variance.grad)) < 1e-3


def test_patch_nce_by_hand():
    # Two places at right angles: each query is its own key, so each row is (1, 0) / t.
    places = torch.tensor([[[2.0, 0.0], [0.0, 5.0]]])
    torch.testing.assert_close(
        patch_nce(places, places, temperature=0.5), torch.tensor(math.log(1 + math.exp(-2)))
    )
    torch.testing.assert_close(
        patch_nce(places, places.flip(1), temperature=0.5),
        torch.tensor(math.log(1 + math.exp(2))),
    )
    # All places alike: nothing to tell them apart by.
    alike = torch.ones(3, 7, 2)
    torch.testing.assert_close(patch_nce(alike, alike), torch.tensor(math.log(7)))


def test_patch_nce_keeps_samples_apart():
    queries, keys = torch.randn(3, 5, 4), torch.randn(3, 5, 4)
    each = [patch_nce(queries[n : n + 1], keys[n : n + 1]) for n in range(3)]
    torch.testing.assert_close(patch_nce(queries, keys), torch.stack(each).mean())
    queries.requires_grad_()
    keys.requires_grad_()
    patch_nce(queries, keys).backward()
    assert queries.grad is not None
    assert keys.grad is None


def test_feature_matching_by_hand():
    zero = torch.zeros(2, 1, 1, 2)
    fakes = [[zero + 1, zero + 2], [zero + 4, zero]]
    reals = [[zero, zero - 1], [zero, zero]]
    # Layers add up, 1 + 3 and 4 + 0; scales are averaged.
    torch.testing.assert_close(feature_matching(fakes, reals), torch.tensor(4.0))
    halves = torch.tensor([[[[1.0, -3.0]]]])
    torch.testing.assert_close(
        feature_matching([[halves]], [[torch.zeros_like(halves)]]), torch.tensor(2.0)
    )


def test_feature_matching_leaves_the_reals_alone():
    fake, real = (torch.randn(1, 2, 3, 3, requires_grad=True) for _ in range(2))
    feature_matching([[fake]], [[real]]).backward()
    assert fake.grad is not None
    assert real.grad is None


def test_feature_matching_wants_as_many_layers_on_both_sides():
    x = torch.zeros(1, 1, 1, 1)
    with pytest.raises(ValueError, match="shorter"):
        feature_matching([[x, x]], [[x]])


@pytest.mark.parametrize(
    ("kind", "unsure", "sure"),
    [("nonsaturating", 0.0, 20.0), ("least_squares", 0.5, None), ("hinge", 0.0, 1.0)],
)
def test_confidence_is_0_for_a_guess_and_1_for_a_loss_with_nothing_left(kind, unsure, sure):
    shape = (2, 1, 3, 3)
    real, fake = (1.0, 0.0) if sure is None else (sure, -sure)
    for values, expected in (((unsure, unsure), 0.0), ((real, fake), 1.0)):
        logs = verdict(kind, *(torch.full(shape, value) for value in values))
        assert float(logs["confidence"]) == pytest.approx(expected, abs=1e-6)
        assert float(logs["real_logit"]) == pytest.approx(values[0])
        assert float(logs["fake_logit"]) == pytest.approx(values[1])
    wrong = verdict(kind, torch.full(shape, fake), torch.full(shape, real))
    assert float(wrong["confidence"]) < 0


def test_a_critic_has_no_confidence_and_discriminators_have_names():
    x = torch.zeros(2, 1)
    assert set(verdict("wasserstein", x, x)) == {"real_logit", "fake_logit"}
    assert set(verdict("hinge", x, x, "a")) == {"real_logit_a", "fake_logit_a", "confidence_a"}


def test_a_logit_laplace_density_has_an_integral_of_1():
    edges = torch.linspace(0, 1, 200_001, dtype=torch.float64)
    x = (edges[1:] + edges[:-1]) / 2
    for mean, log_scale in ((0.0, 0.0), (-1.5, -1.0), (2.0, 0.3)):
        found = [
            logit_laplace_nll(part, torch.full_like(part, mean), torch.full_like(part, log_scale))
            for part in x.chunk(x.numel())[::20_000]
        ]
        assert all(torch.isfinite(nll) for nll in found)
        distance = (x.logit() - mean).abs() * math.exp(-log_scale)
        density = (-distance).exp() / (2 * math.exp(log_scale) * x * (1 - x))
        assert float(density.mean()) == pytest.approx(1, abs=2e-3)
        torch.testing.assert_close(
            torch.stack(found), -density[::20_000].log(), rtol=1e-6, atol=1e-6
        )
    x = torch.rand(6, dtype=torch.float64) * 0.8 + 0.1
    mean, log_scale = (torch.randn(6, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert gradcheck(lambda m, s: logit_laplace_nll(x, m, s), (mean, log_scale))
