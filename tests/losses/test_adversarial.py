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
        (
            "minimax",
            (cross_entropy(2, 1) + cross_entropy(-0.5, 1)) / 2
            + (cross_entropy(0.5, 0) + cross_entropy(-3, 0)) / 2,
            -(cross_entropy(0.5, 0) + cross_entropy(-3, 0)) / 2,
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


def generator_slope(kind, logit):
    fake = torch.tensor([logit], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(generator_loss(kind, fake), fake)
    return float(slope)


def test_minimax_saturates_where_the_discriminator_is_sure():
    assert generator_slope("minimax", -10.0) == pytest.approx(-4.5398e-5, rel=1e-4)
    assert generator_slope("nonsaturating", -10.0) == pytest.approx(-0.9999546, rel=1e-6)
    for kind in ("minimax", "nonsaturating"):  # of one that guesses both learn alike
        assert generator_slope(kind, 0.0) == -0.5


def test_the_minimax_game_is_of_one_value():
    # What the generator lowers is what the discriminator's loss has of fakes, with the other sign.
    found = discriminator_loss("minimax", REAL, FAKE) + generator_loss("minimax", FAKE)
    assert float(found) == pytest.approx((cross_entropy(2, 1) + cross_entropy(-0.5, 1)) / 2)


@pytest.mark.parametrize("kind", ["nonsaturating", "minimax"])
def test_smoothing_changes_the_real_term_alone(kind):
    plain, smooth = (discriminator_loss(kind, REAL, FAKE, s) for s in (0.0, 0.1))
    of_real = sum(0.9 * cross_entropy(y, 1) + 0.1 * cross_entropy(y, 0) for y in (2, -0.5)) / 2
    of_fake = (cross_entropy(0.5, 0) + cross_entropy(-3, 0)) / 2
    assert float(smooth) == pytest.approx(of_real + of_fake, rel=1e-6)
    assert float(plain) < float(smooth)
    fake = FAKE.clone().requires_grad_()
    slopes = [
        torch.autograd.grad(discriminator_loss(kind, REAL, fake, s), fake)[0] for s in (0.0, 0.1)
    ]
    assert torch.equal(*slopes)


def test_the_best_smoothed_discriminator_is_nine_tenths_of_the_share():
    # Four places with p : p_g of 1 : 3, 2 : 2, 3 : 1 and 4 : 0, by counts of ten and six samples.
    real = torch.tensor([0, 1, 1, 2, 2, 2, 3, 3, 3, 3])
    fake = torch.tensor([0, 0, 0, 1, 1, 2])
    p = torch.bincount(real, minlength=4) / len(real)
    p_g = torch.bincount(fake, minlength=4) / len(fake)
    logits = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=200, tolerance_grad=1e-12)

    def closure():
        optimizer.zero_grad()
        loss = discriminator_loss("nonsaturating", logits[real], logits[fake], 0.1)
        loss.backward()
        return loss

    optimizer.step(closure)
    torch.testing.assert_close(
        logits.detach().sigmoid().float(), 0.9 * p / (p + p_g), atol=1e-3, rtol=0
    )


def test_other_losses_have_no_target_to_smooth():
    for kind in ("hinge", "least_squares", "wasserstein", "relativistic"):
        with pytest.raises(ValueError, match=f"smoothing is of a probability's target.*{kind}"):
            discriminator_loss(kind, REAL, REAL, 0.1)


def test_a_clamped_hinge_teaches_nothing_of_fakes_that_pass():
    fake = torch.tensor([0.5, 1.5], requires_grad=True)
    for kind, expected in (("clamped_hinge", [-0.5, 0]), ("hinge", [-0.5, -0.5])):
        (found,) = torch.autograd.grad(generator_loss(kind, fake), fake)
        assert found.tolist() == expected


@pytest.mark.parametrize(
    "kind", ["nonsaturating", "minimax", "least_squares", "hinge", "clamped_hinge", "wasserstein"]
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
