"""Edits by attributes: arithmetic, gradients, and what else they change."""

import copy
import math

import pytest
import torch
from latents import LinearSampler, LinearStyles, Planes

from pipeline.latent import (
    analogy,
    around,
    ascend,
    attributes_of,
    boundary_of,
    class_reader,
    conditioned,
    entanglement,
    move,
    space_of,
)
from pipeline.latent.attributes import log_odds
from pipeline.latent.entanglement import changes

# Reading


def test_log_odds_are_of_the_softmax() -> None:
    logits = torch.tensor([[1.0, 2.0, -1.0], [0.0, 0.0, 0.0]])
    p = logits.softmax(dim=1)
    torch.testing.assert_close(log_odds(logits), (p / (1 - p)).log())
    torch.testing.assert_close(log_odds(logits)[1], torch.full((3,), -math.log(2)))
    far = log_odds(torch.tensor([[200.0, 0.0]]))  # whose probability is 1 in float32
    torch.testing.assert_close(far, torch.tensor([[200.0, -200.0]]))
    with pytest.raises(ValueError, match="no odds"):
        log_odds(torch.zeros(2, 1))


# Arithmetic


def test_arithmetic_is_of_means_and_beside_it_that_of_pixels() -> None:
    space = space_of(LinearSampler(torch.eye(2)))
    a, b = torch.tensor([[1.0, 0.0], [3.0, 0.0]]), torch.tensor([[1.0, 1.0]])
    c = torch.tensor([[0.0, 5.0], [0.0, 7.0], [0.0, 6.0]])
    found = analogy(space, a, b, c)
    torch.testing.assert_close(found.latent, torch.tensor([1.0, 5.0]))
    torch.testing.assert_close(found.sample.flatten(), torch.tensor([1.5, 5.5]))
    torch.testing.assert_close(found.pixels, found.sample)  # of a linear model they agree
    assert found.sample.shape == (2, 1, 1)


def test_of_a_model_that_is_not_linear_pixels_give_something_else() -> None:
    class Bounded(LinearSampler):
        def decode(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
            return super().decode(z).tanh()

    space = space_of(Bounded(torch.eye(1)))
    one = torch.tensor([[2.0]])
    found = analogy(space, one, -one, one)
    assert float(found.sample) == pytest.approx(math.tanh(6.5))
    by_hand = 2 * math.tanh(2.5) - math.tanh(-1.5)
    assert float(found.pixels) == pytest.approx(by_hand)
    assert by_hand > 1  # a ghost: it lies beyond every sample


def test_variants_lie_in_a_cube_about_a_latent() -> None:
    found = around(torch.tensor([10.0, -10.0]), 500)
    away = found - torch.tensor([10.0, -10.0])
    assert 0.24 < away.abs().max() <= 0.25
    assert torch.equal(found, around(torch.tensor([10.0, -10.0]), 500))


# Gradients


def three() -> Planes:
    """Three classes by the first three numbers of a sample, the third's entangled with both."""
    return Planes(torch.tensor([[2.0, 0, 0, 0], [0, 2.0, 0, 0], [1.0, 1.0, 1.0, 0]]))


def test_climbing_reaches_the_class_and_moves_nothing_else() -> None:
    model, classifier = LinearSampler(torch.randn(4, 16)), three()
    before = copy.deepcopy(model.state_dict()), copy.deepcopy(classifier.state_dict())
    space = space_of(model)
    start = space.draw(100, seed=2)
    way = ascend(space, start, class_reader(classifier), 1, steps=100)
    assert way.shape == (101, 100, 16)
    assert torch.equal(way[0], start)
    odds = attributes_of(space, way[-1], class_reader(classifier))[:, 1]
    assert (odds > 0).float().mean() >= 0.9
    for network, state in zip((model, classifier), before, strict=True):
        assert all(parameter.grad is None for parameter in network.parameters())
        assert all(torch.equal(value, state[name]) for name, value in network.state_dict().items())
    bounds = 4 - 3 / math.sqrt(2) - 1e-4, 4 + 3 / math.sqrt(2) + 1e-4
    assert bounds[0] <= way[-1].norm(dim=1).min()
    assert way[-1].norm(dim=1).max() <= bounds[1]


def test_steps_are_of_one_length_until_it_is_enough() -> None:
    space = space_of(LinearStyles(3 * torch.eye(2), torch.eye(2), torch.zeros(2, 2)))
    reader = class_reader(Planes(torch.tensor([[1.0, 0.0], [-1.0, 0.0]])))
    way = ascend(space, torch.zeros(1, 2), reader, 0, steps=60, step=0.1)
    lengths = (way[1:] - way[:-1]).norm(dim=2).flatten()
    moved = int((lengths > 0).sum())
    assert lengths[:moved].tolist() == pytest.approx([0.3] * moved, rel=0.02)
    assert not lengths[moved:].any()
    # The log odds are 2 (w + 0.5 + ...): each step adds 0.6 to what the biases begin with.
    odds = reader(space.decode(way[[moved - 1, moved], 0]))[:, 0]
    assert odds[0] < 3 <= odds[1]


def test_what_is_held_stays_to_first_order() -> None:
    space = space_of(LinearSampler(torch.randn(4, 32)))
    classifier = Planes(torch.tensor([[1.0, 1.0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0]]))

    def reader(x: torch.Tensor) -> torch.Tensor:
        return classifier.classify(x)  # linear: first order is all there is

    start = space.draw(20, seed=3)
    free, held = (
        ascend(space, start, reader, 0, hold=hold, steps=10, enough=1e9)[-1] for hold in ((), (1,))
    )
    before, moved, kept = (attributes_of(space, z, reader) for z in (start, free, held))
    assert (moved - before)[:, 1].abs().mean() > 0.3
    assert (kept - before)[:, 1].abs().max() < 0.2  # lengths are kept typical, which bends the way
    assert ((kept - before)[:, 0] > 0).all()


def test_progress_counts_every_latent() -> None:
    seen: list[int] = []
    space = space_of(LinearSampler(torch.eye(4)))
    ascend(space, space.draw(70), class_reader(three()), 0, steps=2, watch=seen.append)
    assert seen == [64, 128, 134, 140]


# Entanglement


def test_changes_are_told_in_units_of_the_wanted() -> None:
    before = torch.tensor([[0.0, 0.0, 5.0], [2.0, 4.0, 7.0]])  # standard deviations sqrt 2 of 1, 2
    after = before + torch.tensor([2.0, -2.0, 0.0])
    one, two, three = changes(before, after, ("one", "two", "three"), 0)
    root = math.sqrt(2)
    assert (one.before, one.after, one.spread) == pytest.approx((1, 3, root))
    assert (one.moved, one.per_unit) == pytest.approx((root, 1))
    assert (two.after, two.spread, two.moved, two.per_unit) == pytest.approx(
        (0, 2 * root, root / 2, 0.5)
    )
    assert (three.name, three.moved, three.per_unit) == ("three", 0, 0)
    unmoved = changes(before, after, ("one", "two", "three"), 2)
    assert [change.per_unit for change in unmoved] == [math.inf] * 3


def test_conditioning_halves_what_else_changes() -> None:
    """Two attributes whose normals have a cosine of 0.8: without the condition they move as one."""
    normals = torch.zeros(2, 8)
    normals[0, 0], normals[1, :2] = 1, torch.tensor([0.8, 0.6])
    space = space_of(LinearSampler(normals))

    def reader(x: torch.Tensor) -> torch.Tensor:
        return x.flatten(1)

    z = space.draw(2000)
    scores = attributes_of(space, z, reader)
    one, two = (boundary_of(z, column).normal for column in scores.T)
    fresh = space.draw(200, seed=1)
    found = {}
    for name, direction in (("free", one), ("held", conditioned(one, [two]))):
        edited = move(fresh, direction, 2.0)
        found[name] = entanglement(space, fresh, edited, reader, ("one", "two"), 0)[1].per_unit
    assert found["free"] == pytest.approx(0.8, abs=0.1)
    assert found["held"] < found["free"] / 2
