"""Augmentation with a probability: how often, of which kinds, and that gradients come back."""

from typing import get_args

import pytest
import torch

from pipeline.nn.adaptive_augment import (
    AdaptiveKind,
    alter,
    augment_with_probability,
    flipped,
    interpolation,
    rescaled,
    turned,
)

KINDS = get_args(AdaptiveKind)
PLACES = torch.arange(9.0).view(1, 1, 3, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_are_altered_with_the_probability(kind):
    x = torch.rand(1, 3, 16, 16).expand(2000, -1, -1, -1)
    torch.manual_seed(0)
    altered = alter(kind, x)[0]
    changed = float((altered != x).flatten(1).any(dim=1).float().mean())
    for p in (0.0, 0.3, 1.0):
        (y,) = augment_with_probability((kind,), torch.tensor(p), x)
        share = float((y != x).flatten(1).any(dim=1).float().mean())
        assert share == pytest.approx(p * changed, abs=0.03)
        assert y.shape == x.shape
    assert torch.equal(augment_with_probability((kind,), torch.tensor(0.0), x)[0], x)


def test_kinds_are_drawn_apart():
    x = torch.rand(1, 3, 8, 8).expand(4000, -1, -1, -1)
    (y,) = augment_with_probability(("flip", "colour"), torch.tensor(0.5), x)
    # A quarter is mirrored, half is recoloured, three eighths neither.
    share = float((y == x).flatten(1).all(dim=1).float().mean())
    assert share == pytest.approx(0.75 * 0.5, abs=0.03)


@pytest.mark.parametrize("kind", KINDS)
def test_halves_are_altered_alike(kind):
    x = torch.rand(6, 3, 16, 16)
    one, two = augment_with_probability((kind,), torch.tensor(0.7), x, x.clone())
    assert torch.equal(one, two)


def test_flips_are_mirrored_or_as_they_were():
    x = PLACES.expand(1000, -1, -1, -1)
    (y,) = flipped(x)
    mirrored = (y == x.flip(3)).flatten(1).all(dim=1)
    assert bool((mirrored | (y == x).flatten(1).all(dim=1)).all())
    assert float(mirrored.float().mean()) == pytest.approx(0.5, abs=0.05)


def test_turns_are_the_four_quarters_evenly():
    x = PLACES.expand(2000, -1, -1, -1)
    (y,) = turned(x)
    quarters = [torch.rot90(PLACES, k, (2, 3)) for k in range(4)]
    counts = [int((y == quarter).flatten(1).all(dim=1).sum()) for quarter in quarters]
    assert sum(counts) == 2000
    assert min(counts) > 400
    (wide,) = turned(torch.arange(6.0).view(1, 1, 2, 3).expand(500, -1, -1, -1))
    assert {tuple(row.flatten().tolist()) for row in wide} == {
        (0, 1, 2, 3, 4, 5),
        (5, 4, 3, 2, 1, 0),
    }


def test_scaling_by_hand():
    line = torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0])
    double, same, half = interpolation(torch.tensor([2.0, 1.0, 0.5]), 5) @ line
    assert double.tolist() == [1, 1.5, 2, 2.5, 3]
    assert torch.equal(same, line)
    assert half.tolist() == [0, 0, 2, 4, 0]  # from places -2, 0, 2, 4 and 6
    x = torch.rand(3, 2, 5, 7)
    torch.testing.assert_close(rescaled(x, std=0.0)[0], x)
    (y,) = rescaled(torch.ones(200, 1, 16, 16))
    torch.testing.assert_close(y[:, :, 4:12, 4:12], torch.ones(200, 1, 8, 8))


def test_gradients_reach_the_samples():
    x = torch.rand(2, 3, 6, 6, dtype=torch.float64, requires_grad=True)

    def altered(x: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(1)
        kinds = tuple(kind for kind in KINDS if kind != "scale")  # which computes in float32
        return augment_with_probability(kinds, torch.tensor(0.8), x)[0]

    assert torch.autograd.gradcheck(altered, (x,))
    rescaled(x)[0].sum().backward()
    assert float(x.grad.abs().min()) > 0
