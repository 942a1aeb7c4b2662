"""Wasserstein-1 distances at values worked out by hand, and by SciPy."""

import math

import pytest
import torch
from scipy.stats import wasserstein_distance

from pipeline.metrics.wasserstein import sliced_wasserstein, wasserstein, wasserstein_1d


def test_point_masses_are_as_far_as_they_are():
    assert float(wasserstein_1d(torch.zeros(1), torch.tensor([3.0]))) == 3
    assert float(wasserstein_1d(torch.zeros(4), torch.tensor([3.0]))) == 3


def test_order_does_not_count():
    x = torch.tensor([3.0, 1.0, 2.0])
    assert float(wasserstein_1d(x, x.flip(0))) == 0
    assert float(wasserstein_1d(x, x + 0.5)) == pytest.approx(0.5)


@pytest.mark.parametrize("counts", [(50, 50), (50, 31), (1, 20)])
def test_it_is_scipys(counts):
    torch.manual_seed(0)
    x, y = (torch.randn(count, dtype=torch.float64) for count in counts)
    assert float(wasserstein_1d(x, y + 0.3)) == pytest.approx(
        wasserstein_distance(x.numpy(), (y + 0.3).numpy())
    )


def test_lines_are_measured_side_by_side():
    x, y = torch.zeros(2, 5), torch.tensor([[1.0], [2.0]]).expand(2, 5)
    assert wasserstein_1d(x, y).tolist() == [1, 2]


def test_a_moved_cloud_is_as_far_as_the_mean_direction_says():
    x = torch.randn(100, 2, generator=torch.Generator().manual_seed(0))
    moved = sliced_wasserstein(x, x + torch.tensor([3.0, 0.0]), directions=5000)
    assert moved == pytest.approx(3 * 2 / math.pi, rel=0.02)  # E |cos| over the circle
    assert sliced_wasserstein(x, x) == 0


def test_on_a_line_it_is_the_distance_itself():
    x, y = torch.randn(40, 1), torch.randn(30, 1)
    assert sliced_wasserstein(x, y) == float(wasserstein_1d(x[:, 0], y[:, 0]))


def test_a_moved_cloud_is_as_far_as_it_was_moved():
    x = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    assert wasserstein(x, x.flip(0) + torch.tensor([3.0, 4.0])) == pytest.approx(5)
    line = x[:, :1]
    assert wasserstein(line, 2 * line) == pytest.approx(
        float(wasserstein_1d(line[:, 0], 2 * line[:, 0]))
    )
    with pytest.raises(ValueError, match="found 50 and 49"):
        wasserstein(x, x[1:])
