"""Modes that samples reach."""

import pytest
import torch

from pipeline.metrics.modes import (
    Modes,
    high_quality,
    mode_shares,
    modes_covered,
    modes_of,
    nearest_modes,
)

TWO = Modes(torch.tensor([[0.0, 0.0], [10.0, 0.0]], dtype=torch.float64), 1.0)


def test_a_sample_is_good_within_three_deviations():
    x = torch.tensor([[0.0, 2.9], [0.0, 3.1], [13.0, 0.0], [6.0, 0.0]])
    nearest, near = nearest_modes(x, TWO)
    assert nearest.tolist() == [0, 0, 1, 1]
    assert near.tolist() == [True, False, True, False]
    assert high_quality(x, TWO) == 0.5
    assert mode_shares(x, TWO).tolist() == [0.25, 0.25]


@pytest.mark.parametrize(("there", "covered"), [(4, 1), (5, 2)])
def test_half_a_percent_covers_a_mode(there, covered):
    x = torch.zeros(1000, 2)
    x[:there, 0] = 10
    assert modes_covered(x, TWO) == covered


def test_modes_are_estimated_from_labels():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(4000) % 2
    points = TWO.means[labels] + 0.5 * torch.randn(4000, 2, generator=generator).double()
    found = modes_of(points, labels)
    torch.testing.assert_close(found.means, TWO.means, atol=0.06, rtol=0)
    assert found.std == pytest.approx(0.5, rel=0.03)


def test_no_points_have_no_modes():
    with pytest.raises(ValueError, match="at least one"):
        modes_of(torch.zeros(0, 2), torch.zeros(0, dtype=torch.int64))
