"""Distances between features, at values worked out by hand."""

import pytest
import torch

from pipeline.losses.perceptual import WEIGHTS, normalised_distance, perceptual_l1


def test_layers_count_by_their_weights():
    found = [torch.full((1, 1, 1, 2), value) for value in (1.0, -2.0, 3.0, 4.0, 5.0)]
    target = [torch.zeros(1, 1, 1, 2)] * 5
    assert WEIGHTS == (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1)
    expected = 1 / 32 + 2 / 16 + 3 / 8 + 4 / 4 + 5
    assert float(perceptual_l1(found, target)) == pytest.approx(expected)
    assert float(perceptual_l1(found[:2], target[:2], (1.0, 10.0))) == pytest.approx(21)
    with pytest.raises(ValueError, match="shorter"):
        perceptual_l1(found[:2], target[:2])


def test_normalised_distances_compare_directions():
    x = torch.tensor([3.0, 4.0]).view(1, 2, 1, 1).expand(1, 2, 2, 2)
    y = torch.tensor([8.0, 6.0]).view(1, 2, 1, 1).expand(1, 2, 2, 2)
    # Directions (0.6, 0.8) and (0.8, 0.6): squared distance 0.08 at each place, in two layers.
    layers = [[x, 2 * x[..., :1, :1]], [y, 5 * y[..., :1, :1]]]
    assert float(normalised_distance(*layers)) == pytest.approx(0.16)
    assert float(normalised_distance([x], [7 * x])) == pytest.approx(0, abs=1e-12)
