"""Adversarial losses at values worked out by hand."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from pipeline.losses.adversarial import discriminator_loss, generator_loss, logit_statistics

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
        ("clamped_hinge", (0 + 1.5) / 2 + (1.5 + 0) / 2, (0.5 + 4) / 2),
        ("wasserstein", -1.25 - 0.75, 1.25),
    ],
)
def test_adversarial_losses_by_hand(kind, discriminator, generator):
    assert float(discriminator_loss(kind, REAL, FAKE)) == pytest.approx(discriminator, rel=1e-6)
    assert float(generator_loss(kind, FAKE)) == pytest.approx(generator, rel=1e-6)


def test_a_clamped_hinge_teaches_nothing_of_fakes_that_pass():
    fake = torch.tensor([0.5, 1.5], requires_grad=True)
    for kind, expected in (("clamped_hinge", [-0.5, 0]), ("hinge", [-0.5, -0.5])):
        (found,) = torch.autograd.grad(generator_loss(kind, fake), fake)
        assert found.tolist() == expected


@pytest.mark.parametrize(
    "kind", ["nonsaturating", "least_squares", "hinge", "clamped_hinge", "wasserstein"]
)
def test_adversarial_gradients(kind):
    real = torch.tensor([2.0, -0.5, 0.3], dtype=torch.float64, requires_grad=True)
    fake = torch.tensor([0.5, -3.0, 1.7], dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda r, f: discriminator_loss(kind, r, f), (real, fake))
    assert gradcheck(lambda f: generator_loss(kind, f), (fake,))


def test_the_relativistic_loss_by_hand():
    real, fake = torch.tensor([2.0, -0.5]), torch.tensor([0.5, -3.0])
    # Each real logit less its fake one: 1.5 and 2.5.
    told = (cross_entropy(1.5, 1) + cross_entropy(2.5, 1)) / 2
    adversarial = (cross_entropy(-1.5, 1) + cross_entropy(-2.5, 1)) / 2
    assert float(discriminator_loss("relativistic", real, fake)) == pytest.approx(told, rel=1e-6)
    assert float(generator_loss("relativistic", fake, real)) == pytest.approx(adversarial, rel=1e-6)
    with pytest.raises(ValueError, match="compares fakes with real samples"):
        generator_loss("relativistic", fake)
    real, fake = (x.double().requires_grad_() for x in (real, fake))
    assert gradcheck(lambda r, f: discriminator_loss("relativistic", r, f), (real, fake))
    assert gradcheck(lambda r, f: generator_loss("relativistic", f, r), (real, fake))


def test_cross_entropy_stays_finite_at_extreme_logits():
    logits = torch.tensor([-1e4, 1e4])
    assert torch.isfinite(discriminator_loss("nonsaturating", logits, logits))
    assert torch.isfinite(generator_loss("nonsaturating", logits))


@pytest.mark.parametrize(
    ("kind", "unsure", "sure"),
    [("nonsaturating", 0.0, 20.0), ("least_squares", 0.5, None), ("hinge", 0.0, 1.0)],
)
def test_confidence_is_0_for_a_guess_and_1_for_a_loss_with_nothing_left(kind, unsure, sure):
    shape = (2, 1, 3, 3)
    real, fake = (1.0, 0.0) if sure is None else (sure, -sure)
    for values, expected in (((unsure, unsure), 0.0), ((real, fake), 1.0)):
        logs = logit_statistics(kind, *(torch.full(shape, value) for value in values))
        assert float(logs["confidence"]) == pytest.approx(expected, abs=1e-6)
        assert float(logs["real_logit"]) == pytest.approx(values[0])
        assert float(logs["fake_logit"]) == pytest.approx(values[1])
    wrong = logit_statistics(kind, torch.full(shape, fake), torch.full(shape, real))
    assert float(wrong["confidence"]) < 0


def test_a_critic_has_no_confidence_and_discriminators_have_names():
    x = torch.zeros(2, 1)
    assert set(logit_statistics("wasserstein", x, x)) == {"real_logit", "fake_logit"}
    assert set(logit_statistics("hinge", x, x, "a")) == {
        "real_logit_a",
        "fake_logit_a",
        "confidence_a",
    }
