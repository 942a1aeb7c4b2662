"""CMMD by hand and against all pairs at once."""

import math

import pytest
import torch

from pipeline.metrics import feature_sets
from pipeline.metrics.cmmd import cmmd


def test_two_points_by_hand():
    # k = exp(-d^2 / 200): at a distance of 10 that is exp(-1/2).
    a, b = torch.zeros(1, 2), torch.tensor([[6.0, 8.0]])
    assert cmmd(a, b) == pytest.approx(1000 * (2 - 2 * math.exp(-0.5)), rel=1e-12)


def test_pairs_with_oneself_count():
    a, b = torch.tensor([[0.0], [10.0]]), torch.tensor([[0.0]])
    near = math.exp(-0.5)
    within = (2 + 2 * near) / 4 + 1
    assert cmmd(a, b) == pytest.approx(1000 * (within - (1 + near)), rel=1e-12)


@pytest.mark.parametrize("block", [(1024, 4096), (7, 5)])
def test_blocks_make_no_difference(block, monkeypatch):
    monkeypatch.setattr(feature_sets, "ROWS", block[0])
    monkeypatch.setattr(feature_sets, "COLUMNS", block[1])
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 40, 6, generator=generator, dtype=torch.float64) * 5
    b = b[:30] + 2
    (aa, bb, ab) = (
        (-(torch.cdist(x, y).square()) / 200).exp().mean() for x, y in ((a, a), (b, b), (a, b))
    )
    assert cmmd(a, b) == pytest.approx(float(1000 * (aa + bb - 2 * ab)), rel=1e-9)
    assert cmmd(a, a) == pytest.approx(0, abs=1e-9)


def test_sets_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="one F"):
        cmmd(torch.zeros(2, 3), torch.zeros(2, 4))
