"""The mapping network, and the mean of w."""

import math

import pytest
import torch

from pipeline.nn.mapping import Mapping


def test_a_draws_length_says_nothing():
    torch.manual_seed(0)
    mapping, z = Mapping(8, 0, 4, 3), torch.randn(5, 8)
    torch.testing.assert_close(mapping(z), mapping(3 * z), atol=1e-5, rtol=1e-5)


def test_one_layer_by_hand():
    mapping, z = Mapping(2, 0, 1, 1), torch.tensor([[3.0, 4.0]])
    mapping.layers[0].weight.data = torch.tensor([[100.0, -200.0]])  # times 0.01 / sqrt(2)
    normed = z / math.sqrt(12.5)
    sum_ = (normed[0, 0] - 2 * normed[0, 1]) / math.sqrt(2)
    expected = 0.2 * math.sqrt(2) * sum_  # below 0
    assert mapping(z).item() == pytest.approx(expected.item(), rel=1e-5)


def test_classes_are_embedded_and_normalised_beside_z():
    torch.manual_seed(0)
    mapping = Mapping(4, 3, 6, 2)
    assert mapping.embed.weight.shape == (6, 3)
    assert mapping.layers[0].weight.shape == (6, 10)
    z, first, second = torch.randn(2, 4), torch.zeros(2).long(), torch.ones(2).long()
    before = mapping(z, first)
    assert not torch.allclose(before, mapping(z, second))
    mapping.embed.weight.data *= 5
    torch.testing.assert_close(mapping(z, first), before)
    assert Mapping(0, 3, 6, 2)(None, first).shape == (2, 6)


def test_the_mean_follows_and_truncation_moves_towards_it():
    mapping = Mapping(4, 0, 2, 1)
    mapping.follow(torch.tensor([[2.0, 4.0], [4.0, 8.0]]))
    torch.testing.assert_close(mapping.mean, 0.005 * torch.tensor([3.0, 6.0]))
    w = torch.randn(3, 2)
    assert torch.equal(mapping.truncate(w, 0.0), mapping.mean.expand(3, -1))
    torch.testing.assert_close(mapping.truncate(w, 1.0), w)
    torch.testing.assert_close(mapping.truncate(w, 0.7), mapping.mean + 0.7 * (w - mapping.mean))
