"""Distances in blocks, and what is no set of features."""

import pytest
import torch

from pipeline.metrics import feature_sets
from pipeline.metrics.feature_sets import (
    check_features,
    squared_distances,
    squared_distances_within,
)


@pytest.mark.parametrize("block", [(3, 4), (5, 7), (100, 100)])
def test_blocks_add_up_to_all_distances(block, monkeypatch):
    monkeypatch.setattr(feature_sets, "ROWS", block[0])
    monkeypatch.setattr(feature_sets, "COLUMNS", block[1])
    x, y = torch.randn(11, 6), torch.randn(13, 6) + 1000
    found = torch.full((11, 13), torch.nan, dtype=torch.float64)
    for rows, columns, squares in squared_distances(x, y):
        assert squares.shape[0] <= block[0]
        assert squares.shape[1] <= block[1]
        found[rows, columns] = squares
    expected = (x.double()[:, None] - y.double()).square().sum(dim=-1)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=0)


@pytest.mark.parametrize("block", [(3, 4), (5, 2), (100, 100)])
def test_blocks_on_and_above_the_diagonal_are_half_of_all(block, monkeypatch):
    monkeypatch.setattr(feature_sets, "ROWS", block[0])
    monkeypatch.setattr(feature_sets, "COLUMNS", block[1])
    x = torch.randn(11, 6)
    found = torch.full((11, 11), torch.nan, dtype=torch.float64)
    for rows, columns, squares in squared_distances_within(x):
        assert rows == columns or rows.stop <= columns.start
        assert found[rows, columns].isnan().all()
        found[rows, columns] = squares
        found[columns, rows] = squares.T
    expected = (x.double()[:, None] - x.double()).square().sum(dim=-1)
    expected.fill_diagonal_(torch.inf)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=0)


def test_what_is_far_from_zero_loses_no_digits():
    x = torch.tensor([[1e6, 0.0], [1e6, 3.0]], dtype=torch.float64)
    ((_, _, squares),) = squared_distances(x, x + torch.tensor([4.0, 0.0]))
    assert squares.tolist() == [[16.0, 25.0], [25.0, 16.0]]


def test_refusals():
    with pytest.raises(ValueError, match=r"one F, found \[2, 3\], \[2, 4\]"):
        check_features(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"found \[2\]"):
        check_features(torch.zeros(2))
    with pytest.raises(ValueError, match="at least one sample"):
        check_features(torch.zeros(0, 3))
    with pytest.raises(ValueError, match="at least 4 samples"):
        check_features(torch.zeros(3, 3), least=4)
    for strange in (torch.nan, torch.inf):
        with pytest.raises(ValueError, match="not finite"):
            check_features(torch.tensor([[0.0, strange]]))
    with pytest.raises(ValueError, match="not finite"):
        check_features(torch.tensor([[torch.inf, -torch.inf]]))
