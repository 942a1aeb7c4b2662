"""What players remember: exact averages and rings, the game of x y, and resuming."""

import math
from itertools import pairwise

import pytest
import tiny
import torch
from gans import build, resumed, without_waiting
from torch import Tensor, nn

from pipeline.methods.adversary import Adversary
from pipeline.methods.past_weights import (
    HistoricalAverage,
    PastDiscriminators,
    PastDiscriminatorsParams,
)


class Number(nn.Module):
    """One weight, which every sample's logit is."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor([value]))

    def forward(self, x: Tensor) -> Tensor:
        return self.value.expand(len(x), 1)

    def become(self, value: float) -> None:
        with torch.no_grad():
            self.value.fill_(value)


def test_the_average_is_of_all_weights_so_far():
    network = Number(0.0)
    average = HistoricalAverage(network)
    for value, mean in ((4.0, 4.0), (1.0, 2.5), (-2.0, 1.0), (5.0, 2.0)):
        network.become(value)
        distance = average(network)
        assert float(distance.detach()) == pytest.approx((value - mean) ** 2, abs=1e-6)
        (slope,) = torch.autograd.grad(distance, network.value)
        assert float(slope) == pytest.approx(2 * (value - mean), abs=1e-6)


def radii(steps: int, *, averaged: bool) -> list[float]:
    """Play min over x, max over y of x y from (1, 0) by steps of both at once at a rate of 0.1."""
    x, y = Number(1.0), Number(0.0)
    averages = [HistoricalAverage(player) for player in (x, y)]
    found = []
    for _ in range(steps):
        losses = [x.value * y.value.detach(), -x.value.detach() * y.value]
        if averaged:
            losses = [
                loss + 0.25 * average(player)
                for loss, average, player in zip(losses, averages, (x, y), strict=True)
            ]
        slopes = [
            torch.autograd.grad(loss.sum(), player.value)[0]
            for loss, player in zip(losses, (x, y), strict=True)
        ]
        with torch.no_grad():
            for player, slope in zip((x, y), slopes, strict=True):
                player.value -= 0.1 * slope
        found.append(math.hypot(x.value.item(), y.value.item()))
    return found


def test_two_players_circle_outwards_unless_they_remember():
    circling = radii(200, averaged=False)
    for before, after in pairwise(circling):
        assert after / before == pytest.approx(math.sqrt(1.01), rel=1e-5)
    remembering = radii(1000, averaged=True)
    assert remembering[-1] < 0.1 < 1 < circling[-1]


def test_past_discriminators_weigh_less_the_older_they_are():
    adversary = Adversary(Number(0.0), "wasserstein", joint=True)
    params = PastDiscriminatorsParams(count=2, every=3, decay=0.5)
    past, fake = PastDiscriminators(adversary, params), torch.zeros(2, 1)
    expected = {
        0: (0.0, [0.0]),  # before a step, and the snapshot of it
        1: (1.0, [0.0]),
        3: (3.0, [3.0, 0.0]),
        5: (5.0, [3.0, 0.0]),
        6: (6.0, [6.0, 3.0]),
        8: (8.0, [6.0, 3.0]),
        9: (9.0, [9.0, 6.0]),
    }
    for step in range(10):
        adversary.network.become(float(step))
        past.keep(adversary, step)
        if step in expected:
            now, older = expected[step]
            weights = [1, 0.5, 0.25][: len(older) + 1]
            pairs = zip(weights, [now, *older], strict=True)
            value = -sum(weight * logit for weight, logit in pairs) / sum(weights)
            found = past.generator_loss(adversary, fake, step=step)
            assert float(found.detach()) == pytest.approx(value), step
    assert not any(p.requires_grad for p in past.parameters())


FIELDS = [
    {"historical_averaging": {"weight": 0.1}},
    {"past_discriminators": {"count": 2, "every": 2}},
    {"past_discriminators": {"count": 2, "every": 2}, "loss": "relativistic", "conditional": True},
]


@pytest.mark.parametrize("fields", FIELDS)
def test_memories_are_resumed_bit_for_bit(fields):
    resumed(fields)


@pytest.mark.parametrize("fields", FIELDS)
def test_memories_never_wait_for_the_device(fields):
    without_waiting(fields)


def test_both_networks_are_held_near_their_averages():
    method = build(historical_averaging={"weight": 0.5})
    plain = build()
    for step in range(2):
        updates = []
        for one in (method, plain):
            torch.manual_seed(3)
            updates.append(list(one.updates(tiny.batch_of(one.params), step)))
        for held, free, name in zip(*updates, ("discriminator", "generator"), strict=True):
            drift = held.logs[f"drift_{name}"]
            assert float(drift.detach()) == pytest.approx(0.0 if step == 0 else drift.item())
            torch.testing.assert_close(held.loss, free.loss + 0.5 * drift)
        with torch.no_grad():
            for one in (method, plain):
                for p in [*one.model.parameters(), *one.adversary.parameters()]:
                    p += 0.01
    assert float(drift.detach()) > 0
