"""Structure kept: known answers."""

import pytest
import torch

from pipeline.metrics.edges import edge_correlation


def test_other_colours_keep_all_edges():
    x = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(1))
    assert edge_correlation(x, x).tolist() == pytest.approx([1, 1])
    assert edge_correlation(1 - 0.5 * x, x).tolist() == pytest.approx([1, 1])
    assert edge_correlation(x, x.mean(dim=1, keepdim=True)).tolist() == pytest.approx([1, 1])


def test_another_picture_has_others():
    x, y = torch.rand(2, 8, 3, 48, 48, generator=torch.Generator().manual_seed(1))
    assert edge_correlation(x, y).abs().mean() < 0.1


def test_what_has_no_edge_keeps_none():
    flat = torch.zeros(1, 3, 16, 16)
    x = torch.rand(1, 3, 16, 16)
    assert edge_correlation(flat, x).tolist() == [0]
    assert edge_correlation(flat, flat).tolist() == [0]
