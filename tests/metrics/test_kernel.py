"""The kernel distance by hand and against torch-fidelity."""

import pytest
import torch

from pipeline.metrics import kernel
from pipeline.metrics.kernel import cubic_mmd, kernel_distance


def test_two_samples_a_side_by_hand():
    # (x y + 1)^3: within 1 and 2 it is 27, within 0 and -1 it is 1; across (1, 1, 0, -1).
    x, y = torch.tensor([[1.0], [2.0]]), torch.tensor([[0.0], [-1.0]])
    across = (1 + 0 + 1 - 1) / 4
    assert cubic_mmd(x, y) == pytest.approx(27 + 1 - 2 * across, rel=1e-12)


def test_products_are_those_of_a_feature():
    x, y = torch.tensor([[1.0], [2.0]]), torch.tensor([[0.0], [-1.0]])
    twice = cubic_mmd(x.repeat(1, 5), y.repeat(1, 5))
    assert twice == pytest.approx(cubic_mmd(x, y), rel=1e-12)


@pytest.mark.parametrize("rows", [512, 7])
def test_it_is_torch_fidelitys(rows, monkeypatch):
    from torch_fidelity.metric_kid import kid_features_to_metric

    monkeypatch.setattr(kernel, "ROWS", rows)
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 80, 12, generator=generator, dtype=torch.float64).exp()
    b = b[:70] + 0.3
    expected = kid_features_to_metric(
        a, b, kid_subsets=7, kid_subset_size=50, rng_seed=3, verbose=False
    )
    found = kernel_distance(a, b, subsets=7, subset_size=50, seed=3)
    assert found.value == pytest.approx(expected["kernel_inception_distance_mean"], rel=1e-6)
    assert found.std == pytest.approx(expected["kernel_inception_distance_std"], rel=1e-6)


def test_features_of_single_precision_lose_little():
    a, b = torch.rand(2, 300, 50, generator=torch.Generator().manual_seed(2))
    exact = cubic_mmd(a.double(), b.double() + 0.01)
    assert cubic_mmd(a, b + 0.01) == pytest.approx(exact, rel=1e-5)


def test_it_is_not_biased_by_few_samples():
    a, b = torch.randn(2, 400, 8, generator=torch.Generator().manual_seed(1))
    found = kernel_distance(a, b, subsets=200, subset_size=20)
    error = found.std / 200**0.5
    assert abs(found.value) < 4 * error + 0.02  # 400 samples are not the distribution itself
    assert kernel_distance(a, b + 1, subsets=50, subset_size=20).value > 20 * error


def test_refusals():
    x = torch.zeros(10, 3)
    with pytest.raises(ValueError, match=r"2 to 8 samples \(there are 10 and 8\), not 5 of 9"):
        kernel_distance(x, x[:8], subsets=5, subset_size=9)
    with pytest.raises(ValueError, match="one subset or more"):
        kernel_distance(x, x, subsets=0, subset_size=5)
    with pytest.raises(ValueError, match="at least 2 samples"):
        kernel_distance(x[:1], x, subsets=1, subset_size=1)
