"""Experiments of which the answer is known."""

import math

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from pipeline.labs.findings import near, within
from pipeline.labs.theory import (
    bilinear_game,
    fitted_gaussian,
    generator_losses,
    optimal_discriminator,
    point_masses,
    saturation,
)
from pipeline.labs.theory.densities import gaussian, jensen_shannon, kl, places


@pytest.mark.parametrize("experiment", [generator_losses, bilinear_game])
def test_all_that_is_expected_holds(experiment):
    found = experiment.find()
    assert isinstance(found.figure, Figure)
    assert [check.name for check in found.checks if check.holds is False] == []
    assert any(check.holds for check in found.checks)


def test_gradients_of_the_generators_losses():
    logits = torch.linspace(-12, 12, 7, dtype=torch.float64)
    minimax = generator_losses.gradient_of_minimax(logits)
    torch.testing.assert_close(minimax, -logits.sigmoid())
    torch.testing.assert_close(
        generator_losses.gradient_of_nonsaturating(logits), logits.sigmoid() - 1
    )
    torch.testing.assert_close(  # each is the other's mirror image
        minimax, generator_losses.gradient_of_nonsaturating(-logits)
    )


def test_divergences_of_gaussians():
    x = places(-20, 20, 4001)
    p, q = gaussian(x, 0.0, 1.0), gaussian(x, 1.0, 2.0)
    step = float(x[1] - x[0])
    assert float(kl(p, q, step)) == pytest.approx(math.log(2) + 2 / 8 - 0.5)
    assert float(jensen_shannon(p, p, step)) == 0
    apart = gaussian(x, -15.0, 0.5), gaussian(x, 15.0, 0.5)
    assert float(jensen_shannon(*apart, step)) == pytest.approx(math.log(2))


def test_the_best_discriminator_is_found(monkeypatch):
    monkeypatch.setattr(optimal_discriminator, "STEPS", 300)
    p = torch.tensor([0.2, 0.5, 0.3], dtype=torch.float64)
    pg = torch.tensor([0.4, 0.5, 0.1], dtype=torch.float64)
    found = optimal_discriminator.train_table(p, pg)
    expected = torch.tensor([1 / 3, 1 / 2, 3 / 4], dtype=torch.float64)
    torch.testing.assert_close(found.probabilities, expected, atol=1e-3, rtol=0)
    value = 2 * float(jensen_shannon(p, pg)) - math.log(4)
    assert found.value == pytest.approx(value, abs=1e-5)


def test_one_gaussian_covers_or_chooses(monkeypatch):
    monkeypatch.setattr(fitted_gaussian, "STARTS", ((1.0, 1.0),))
    forward, reverse = fitted_gaussian.fit("forward"), fitted_gaussian.fit("reverse")
    assert (forward.mean, forward.std**2) == pytest.approx((0, 9.25), abs=0.01)
    assert (reverse.mean, reverse.std) == pytest.approx((3, 0.5), abs=0.01)
    assert reverse.divergence == pytest.approx(math.log(2), abs=1e-3)


def test_the_game_by_hand():
    away = bilinear_game.simultaneous(lr=0.5, steps=2)
    np.testing.assert_allclose(away, [(1, 0), (1, 0.5), (0.75, 1)])
    turns = bilinear_game.alternating(lr=0.5, steps=2)
    np.testing.assert_allclose(turns, [(1, 0), (1, 0.5), (0.75, 0.875)])
    replies = bilinear_game.replies_to_history(steps=3)
    # The means that are replied to: (1, 0), (0, 1/2), (-1/3, 2/3).
    np.testing.assert_allclose(replies, [(1, 0), (-1, 1), (-1, 1), (-1, -1)])
    pulled = bilinear_game.historical_averaging(lr=0.5, steps=2, weight=1.0)
    np.testing.assert_allclose(pulled, [(1, 0), (1, 0.5), (0.75, 0.75)])


def test_a_critic_measures_how_far_two_masses_are(monkeypatch):
    monkeypatch.setattr(point_masses, "STEPS", 100)
    before = torch.get_rng_state()
    assert point_masses.dual_distance(2.0) == pytest.approx(2, rel=0.05)
    assert torch.equal(torch.get_rng_state(), before)
    p, q = point_masses.masses(0.5)
    assert float(jensen_shannon(p, q)) == pytest.approx(math.log(2))
    assert math.isinf(float(kl(p, q)))


def test_a_surer_discriminator_teaches_the_minimax_generator_less():
    early, late = saturation.measure(steps=(10, 300))
    assert late.accuracy == 1
    assert late.minimax < early.minimax / 5
    assert late.nonsaturating > 100 * late.minimax


def test_expectations():
    assert near("x", 1.04, 1.0, 0.05).holds
    assert not near("x", 1.06, 1.0, 0.05).holds
    assert within("x", 3, least=3).holds
    assert not within("x", math.nan, least=3).holds
    assert within("x", 3, 1, 4).expected == "1 to 4"
