"""Neighbourhoods by hand, against torch-fidelity and against all distances at once."""

import pytest
import torch

from pipeline.metrics import feature_sets
from pipeline.metrics.precision_recall import (
    density_coverage,
    precision_recall,
    squared_radii,
)


def clouds(first: int, second: int, features: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    """Two sets that overlap in part."""
    generator = torch.Generator().manual_seed(first)
    a = torch.randn(first, features, generator=generator, dtype=torch.float64)
    b = torch.randn(second, features, generator=generator, dtype=torch.float64)
    return a, 0.7 * b + 0.8


def column(*values: float) -> torch.Tensor:
    """One feature a sample."""
    return torch.tensor(values)[:, None]


def test_radii_by_hand():
    x = column(0, 1, 3, 7)
    assert squared_radii(x, 1).tolist() == [1, 1, 4, 16]
    assert squared_radii(x, 2).tolist() == [9, 4, 9, 36]


def test_precision_and_recall_by_hand():
    reference, samples = column(0, 1, 3, 7), column(-1, 2, 20)
    # Of the samples -1 lies at the rim of 0's ball, 2 at that of 1's and within 3's, 20 nowhere.
    # Their own balls are [-4, 2], [-1, 5] and [2, 38]: all of the reference lies in one.
    assert precision_recall(samples, reference, neighbours=1) == pytest.approx((2 / 3, 1.0))
    found = density_coverage(samples, reference, neighbours=1)
    assert found == pytest.approx(((1 + 2 + 0) / 3, 3 / 4))


def test_equal_and_distant_sets():
    x, _ = clouds(30, 1)
    assert precision_recall(x, x) == (1.0, 1.0)
    assert density_coverage(x, x).coverage == 1.0
    assert density_coverage(x, x).density == pytest.approx(6 / 5, rel=0.4)  # itself is in its ball
    assert precision_recall(x, x + 100) == (0.0, 0.0)
    assert density_coverage(x, x + 100) == (0.0, 0.0)


def test_one_sample_many_times_is_precise_and_recalls_nothing():
    reference, _ = clouds(40, 1)
    found = precision_recall(reference[:1].repeat(10, 1), reference)
    assert found.precision == 1
    assert found.recall <= 1 / 40  # at most the very one
    assert density_coverage(reference[:1].repeat(10, 1), reference).coverage < 0.5


def test_an_outlier_spoils_precision_but_not_density():
    reference, samples = column(*range(20), 1000.0), column(*range(200, 210))
    assert precision_recall(samples, reference).precision == 1
    assert density_coverage(samples, reference).density < 0.5


@pytest.mark.parametrize("block", [(1024, 4096), (7, 5), (3, 2)])
def test_it_is_torch_fidelitys_and_naeems(block, monkeypatch):
    from torch_fidelity.metric_prc import calculate_precision_recall_full

    monkeypatch.setattr(feature_sets, "ROWS", block[0])
    monkeypatch.setattr(feature_sets, "COLUMNS", block[1])
    samples, reference = clouds(41, 33)
    for neighbours in (1, 3, 5):
        expected = calculate_precision_recall_full(samples, reference, neighbours)
        found = precision_recall(samples, reference, neighbours)
        assert found == pytest.approx(expected, rel=1e-6)
        inner = torch.cdist(reference, reference).fill_diagonal_(torch.inf)
        radii = inner.sort(dim=1).values[:, neighbours - 1]
        inside = torch.cdist(reference, samples) <= radii[:, None]
        dense = inside.double().sum(dim=0).mean() / neighbours
        covered = inside.any(dim=1).double().mean()
        expected = (float(dense), float(covered))
        assert density_coverage(samples, reference, neighbours) == pytest.approx(expected)


def test_refusals():
    x = torch.zeros(3, 2)
    with pytest.raises(ValueError, match="at least 4 samples"):
        precision_recall(x, torch.zeros(9, 2))
    with pytest.raises(ValueError, match="at least 6 samples"):
        density_coverage(torch.zeros(9, 2), x)
    with pytest.raises(ValueError, match="one F"):
        density_coverage(torch.zeros(9, 3), x)
