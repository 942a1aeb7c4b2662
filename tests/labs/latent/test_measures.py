"""What experiments with latents measure, on pictures and models that can be worked out by hand."""

import math

import pytest
import torch
from latents import LinearCoder, Planes

from pipeline.labs.latent.arcs import lengths_of, ways_between
from pipeline.labs.latent.continuity import fitted_draws
from pipeline.labs.latent.digits import Digits, classes, nearest, sure, unlike_pairs
from pipeline.labs.latent.inverting import baselines, errors
from pipeline.labs.latent.shapes import SHAPES, shapes_of
from pipeline.labs.latent.single_numbers import scores_of
from pipeline.labs.latent.walks import Walk, faded, through_code
from pipeline.latent import lerp, slerp, space_of


def bar(left: int, right: int, top: int = 2, bottom: int = 14) -> torch.Tensor:
    """A bright bar on a dark picture of 16 pixels."""
    picture = torch.full((1, 16, 16), -1.0)
    picture[:, top:bottom, left:right] = 1
    return picture


# Shapes


def test_shapes_of_bars() -> None:
    thin, thick = shapes_of(torch.stack([bar(7, 9), bar(6, 10)]))
    named = dict(zip(SHAPES, thin.tolist(), strict=True))
    assert named["ink"] == pytest.approx(2 * 12 / 256)
    # 2 * area / edges: 2 * 24 / (2 * 12 + 2 * 2) pixels of 16.
    assert named["thickness"] == pytest.approx(2 * 24 / 28 / 16)
    assert named["width"] == pytest.approx(0.5 / 16)
    assert named["height"] == pytest.approx(math.sqrt((12**2 - 1) / 12) / 16)
    assert named["slant"] == pytest.approx(0, abs=1e-6)
    assert bool((thick[:3] > thin[:3]).all())


def test_slant_is_the_shear() -> None:
    upright = torch.full((1, 1, 16, 16), -1.0)
    leaning = upright.clone()
    for row in range(16):
        leaning[0, 0, row, 15 - row] = 1  # one pixel to the right for each upwards
    slant = SHAPES.index("slant")
    assert float(shapes_of(leaning)[0, slant]) == pytest.approx(1)
    assert float(shapes_of(leaning.flip(3))[0, slant]) == pytest.approx(-1)


def test_shapes_have_gradients_and_nothing_has_none() -> None:
    empty = torch.full((1, 1, 8, 8), -1.0)
    assert float(shapes_of(empty)[0, 0]) == 0
    x = torch.zeros(2, 1, 8, 8, requires_grad=True)
    (slope,) = torch.autograd.grad(shapes_of(x).sum(), x)
    assert torch.isfinite(slope).all()
    assert slope.abs().max() > 0


# Digits


def test_a_confident_classifier_is_told_from_one_that_wavers() -> None:
    classifier = Planes(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    x = torch.tensor([[3.0, 0.0], [1.0, 0.0], [0.0, 5.0]])[:, :, None, None]
    assert classes(classifier, x).tolist() == [0, 0, 1]
    assert sure(classifier, x).tolist() == [1, 0, 1]  # 0.95, 0.73, 0.99


def test_the_nearest_is_found_with_its_class() -> None:
    known = Digits(torch.tensor([0.0, 2.0])[:, None, None, None], torch.tensor([4, 7]))
    found, labels = nearest(torch.tensor([0.5, 1.8])[:, None, None, None], known)
    assert found.tolist() == pytest.approx([0.25, 0.04])
    assert labels.tolist() == [4, 7]


def test_pairs_are_of_different_classes() -> None:
    labels = torch.arange(40) % 4
    first, second = unlike_pairs(labels, 8)
    assert len(first) == len(second) == 8
    assert bool((labels[first] != labels[second]).all())
    assert not set(first.tolist()) & set(second.tolist())


# Ways


def test_a_fade_mixes_values() -> None:
    a, b = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    way = faded(a, b, 5)
    assert way[:, 0, 0, 0, 0].tolist() == [0, 0.25, 0.5, 0.75, 1]
    walk = Walk(torch.tensor([1.0, 0.5, 0.3, 1.0]), torch.ones(4))
    assert walk.between(walk.sure) == pytest.approx(0.4)


def test_a_way_through_codes_begins_and_ends_at_samples() -> None:
    space = space_of(LinearCoder(torch.eye(2)))
    a, b = torch.tensor([[[1.0, 0]], [[0, 2.0]], [[3.0, 1]]]), torch.zeros(3, 1, 2) + 2
    a, b = (x.reshape(3, 2, 1, 1) for x in (a, b))
    way = through_code(space, a, b, 4)
    assert way.shape == (4, 3, 2, 1, 1)
    torch.testing.assert_close(way[0], a)
    torch.testing.assert_close(way[-1], b)


def test_the_line_is_short_in_its_middle_and_the_arc_is_not() -> None:
    a, b = torch.tensor([[2.0, 0, 0, 0]]), torch.tensor([[0, 2.0, 0, 0]])
    line, arc = (lengths_of(ways_between(way, a, b, 3)) for way in (lerp, slerp))
    assert line.mean.tolist() == pytest.approx([1, math.sqrt(0.5), 1])
    assert arc.mean.tolist() == pytest.approx([1, 1, 1])
    assert arc.usual.tolist() == [1, 1, 1]


# Codes


def test_fitted_draws_have_mean_and_covariance() -> None:
    generator = torch.Generator().manual_seed(0)
    mix = torch.tensor([[2.0, 0.0], [1.0, 0.5]])
    codes = torch.randn(500, 2, generator=generator) @ mix.T + torch.tensor([3.0, -1.0])
    drawn = fitted_draws(codes, 20_000)
    torch.testing.assert_close(drawn.mean(dim=0), codes.mean(dim=0), atol=0.06, rtol=0)
    torch.testing.assert_close(torch.cov(drawn.T), torch.cov(codes.T), atol=0.15, rtol=0)


def test_scores_tell_separate_numbers_from_mixed_ones() -> None:
    factors = torch.rand(400, 3, generator=torch.Generator().manual_seed(1))
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(2))).Q
    apart, mixed = scores_of(factors, factors), scores_of(factors @ turn, factors)
    assert apart.disentanglement > 0.9 > mixed.disentanglement
    assert apart.gap > mixed.gap
    assert apart.sap > mixed.sap


# Inversion's baselines


def test_baselines_are_the_nearest_and_the_mean() -> None:
    known = Digits(torch.tensor([0.0, 2.0])[:, None, None, None], torch.tensor([0, 1]))
    x = torch.tensor([0.5, 2.0])[:, None, None, None]
    found = baselines(x, known)
    assert found["nearest training digit"] == pytest.approx((0.25 + 0) / 2)
    assert found["mean training digit"] == pytest.approx((0.25 + 1) / 2)
    assert errors(x, x).tolist() == [0, 0]
