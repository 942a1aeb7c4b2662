"""Trainings on points as findings: modes, hops, films, and a critic's curve."""

import io
import math

import pytest
import torch
from PIL import Image

from pipeline.labs.theory import critic_curve, mode_hopping
from pipeline.labs.theory.training import (
    Training,
    covered,
    distances,
    favourite_shares,
    favourites,
    film,
    hops,
    strip,
    strip_steps,
)
from pipeline.metrics.modes import Modes
from pipeline.training.course import Course, places_around

TWO = Modes(torch.tensor([[-1.0, 0.0], [1.0, 0.0]], dtype=torch.float64), 0.1)


def training(name: str, where: list[float], loss: str = "nonsaturating") -> Training:
    """A training whose samples all lie about (x, 0), for each of some x."""
    noise = 0.1 * torch.randn(100, 2, generator=torch.Generator().manual_seed(0))
    real = TWO.means[torch.arange(100) % 2].float() + noise
    samples = torch.stack([noise + torch.tensor([x, 0.0]) for x in where])
    places = places_around(real)
    steps = torch.arange(1, len(where) + 1) * 10
    logits = torch.zeros(len(where), len(places))
    far = [(float(step), abs(x)) for step, x in zip(steps, where, strict=True)]
    none = [(float(step), 0.0) for step in steps]
    return Training(
        name,
        "two",
        loss,
        Course(steps, samples, logits, places, real),
        real,
        TWO,
        {"real_logit": far, "fake_logit": none},
    )


def test_samples_that_hop_are_counted():
    seen = training("ring_gan", [-1, 1, 1, -1, 1])
    assert favourites(seen.course, TWO) == [0, 1, 1, 0, 1]
    assert hops([0, 1, 1, 0, 1]) == 3
    assert covered(seen.course, TWO) == [1] * 5
    assert favourite_shares(seen.course, TWO) == [1.0] * 5
    found = mode_hopping.find(seen)
    assert [check.holds for check in found.checks if check.holds is not None] == [True, True]


def test_a_training_that_does_not_do_what_is_expected_is_said_so():
    held = [check.holds for check in mode_hopping.find(training("ring_r1", [-1, -1])).checks]
    assert held.count(False) == 1  # it covers one mode of two
    held = [check.holds for check in mode_hopping.find(training("other", [-1, -1])).checks]
    assert set(held) == {None}


def test_a_training_is_shown_as_a_strip_and_a_film():
    seen = training("x", [0.0, 0.5, 1.0])
    picture = Image.open(io.BytesIO(strip(seen, 2)))
    assert picture.width > 1.9 * picture.height
    assert strip_steps(seen.course, 2) == [10, 30]
    moving = Image.open(io.BytesIO(film(seen)))
    assert moving.n_frames == 3
    assert film(seen) == film(seen)


def test_a_critic_that_follows_the_distance_is_told_from_one_that_does_not(monkeypatch):
    monkeypatch.setattr(critic_curve, "STEPS", 2)
    follows = training("wgan", [40.0, 20.0, 10.0, 5.0, 3.0], "wasserstein")
    assert distances(follows) == sorted(distances(follows), reverse=True)
    found = {check.name: check for check in critic_curve.find(follows).checks}
    agreement = found["Spearman of the critic's estimate and the distance"]
    assert agreement.value == pytest.approx(1)
    assert agreement.holds


def test_the_divergence_of_what_is_apart_is_log_2_and_of_the_same_0(monkeypatch):
    monkeypatch.setattr(critic_curve, "STEPS", 40)
    torch.manual_seed(0)
    real = torch.randn(200, 2)
    assert critic_curve.jensen_shannon_of(real, real + 20) == pytest.approx(math.log(2), abs=0.02)
    assert critic_curve.jensen_shannon_of(real, torch.randn(200, 2)) < 0.1
