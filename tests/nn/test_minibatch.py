"""Minibatch discrimination and the batch's deviation, at values worked out by hand."""

import math

import pytest
import torch

from pipeline.nn.minibatch import BatchDeviation, MinibatchDiscrimination, minibatch_layer


def test_minibatch_discrimination_by_hand():
    layer = MinibatchDiscrimination(2, kernels=2, dims=2)
    # Kernel 0 sees (x0, x1), kernel 1 sees (x0 + x1, 0).
    weight = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    with torch.no_grad():
        layer.projection.weight.copy_(weight)
    x = torch.tensor([[0.0, 0.0], [1.0, 2.0], [1.0, -1.0]])
    # L1 distances, kernel 0: 3, 2 and 3; kernel 1: 3, 0 and 3.
    e = {d: math.exp(-d) for d in (0, 2, 3)}
    near = torch.tensor([[e[3] + e[2], e[3] + e[0]], [e[3] + e[3], e[3] + e[3]]])
    near = torch.cat([near, torch.tensor([[e[2] + e[3], e[0] + e[3]]])])
    torch.testing.assert_close(layer(x), torch.cat([x, near], dim=1))


def test_copies_are_as_near_as_can_be():
    layer, count = MinibatchDiscrimination(8), 6
    x = torch.randn(1, 8).expand(count, -1)
    y = layer(x)
    assert y.shape == (count, 8 + 100)
    assert torch.equal(y[:, 8:], torch.full((count, 100), float(count - 1)))
    far = layer(1e4 * torch.randn(count, 8))[:, 8:]
    assert float(far.detach().abs().max()) < 1e-6
    assert torch.equal(layer(x[:1])[:, 8:], torch.zeros(1, 100))  # nothing but itself


@pytest.mark.parametrize("kind", ["discrimination", "deviation"])
def test_rows_may_come_in_any_order(kind):
    layer, width = minibatch_layer(kind, 8)
    x, order = torch.randn(7, 8), torch.randperm(7)
    y = layer(x)
    assert y.shape == (7, width)
    assert torch.equal(y[:, :8], x)
    torch.testing.assert_close(layer(x[order]), y[order])


def test_deviation_by_hand():
    x = torch.tensor([[1.0, 5.0], [3.0, 5.0]])  # of standard deviations 1 and 0
    torch.testing.assert_close(BatchDeviation()(x)[:, 2], torch.full((2,), 0.5), atol=1e-4, rtol=0)
    same = BatchDeviation()(x[:1].expand(4, -1))
    assert float(same[0, 2]) < 2e-4


def test_gradients_reach_every_sample():
    layer, x = MinibatchDiscrimination(3, kernels=2, dims=2), torch.randn(4, 3, requires_grad=True)
    layer(x)[0, 3:].sum().backward()
    assert all(float(row.abs().sum()) > 0 for row in x.grad)


def test_none_hands_features_on():
    layer, width = minibatch_layer("none", 5)
    x = torch.randn(2, 5)
    assert width == 5
    assert layer(x) is x
