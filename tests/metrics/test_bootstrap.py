"""Bootstrap intervals against the normal approximation, scipy and by hand."""

import numpy as np
import pytest
import torch

from pipeline.metrics import bootstrap
from pipeline.metrics.bootstrap import bootstrap_interval, pair_interval, ratio_interval


def test_of_many_values_it_is_the_normal_one():
    values = torch.randn(1000, generator=torch.Generator().manual_seed(0)) + 5
    low, high = bootstrap_interval(values)
    error = float(values.std()) / 1000**0.5
    assert low == pytest.approx(float(values.mean()) - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(float(values.mean()) + 1.96 * error, abs=0.15 * error)
    wide = bootstrap_interval(values, level=0.99)
    assert wide.low < low < high < wide.high


def test_it_is_scipys():
    from scipy.stats import bootstrap as scipys

    values = torch.rand(40, generator=torch.Generator().manual_seed(1)).double() ** 3
    expected = scipys(
        (values.numpy(),), np.mean, n_resamples=20000, method="percentile", rng=0
    ).confidence_interval
    found = bootstrap_interval(values, resamples=20000)
    assert found == pytest.approx(expected, abs=0.003)


def test_two_values_by_hand():
    # Means 0, 1/2 and 1 come with probabilities 1/4, 1/2 and 1/4.
    assert bootstrap_interval(torch.tensor([0.0, 1.0])) == (0.0, 1.0)
    assert bootstrap_interval(torch.tensor([0.0, 1.0]), level=0.4) == (0.5, 0.5)
    assert bootstrap_interval(torch.full((7,), 3.0)) == (3.0, 3.0)


def test_the_same_again_whatever_was_drawn_before():
    values = torch.arange(20.0)
    first = bootstrap_interval(values)
    torch.rand(3)
    assert bootstrap_interval(values) == first
    assert bootstrap_interval(values, seed=1) != first


def test_one_value_has_none():
    assert bootstrap_interval(torch.tensor([1.0])) is None
    assert ratio_interval(torch.tensor([1.0]), torch.tensor([2.0])) is None


def test_ratios_weigh_items_by_their_denominators():
    errors, words = torch.tensor([0.0, 9.0]), torch.tensor([1.0, 9.0])
    # Both drawn: 9 of 10, not the mean of 0 and 1.
    assert ratio_interval(errors, words) == (0.0, 1.0)
    low, high = ratio_interval(errors, words, level=0.4)
    assert (low, high) == pytest.approx((0.9, 0.9))
    equal = ratio_interval(torch.arange(9.0), torch.full((9,), 3.0))
    assert equal == pytest.approx([end / 3 for end in bootstrap_interval(torch.arange(9.0))])


def test_draws_without_a_denominator_are_left_out():
    assert ratio_interval(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 2.0])) == (0.5, 0.5)


def test_memory_is_bounded_by_chunks(monkeypatch):
    monkeypatch.setattr(bootstrap, "CHUNK", 50)
    values = torch.randn(40, generator=torch.Generator().manual_seed(0))
    chunked = bootstrap_interval(values, resamples=4000)
    monkeypatch.undo()
    assert chunked == pytest.approx(bootstrap_interval(values, resamples=4000), abs=0.05)


def test_refusals():
    with pytest.raises(ValueError, match="at least 1"):
        bootstrap_interval(torch.zeros(0))
    with pytest.raises(ValueError, match=r"\[N\]"):
        bootstrap_interval(torch.zeros(2, 2))
    with pytest.raises(ValueError, match="finite"):
        bootstrap_interval(torch.tensor([0.0, torch.nan]))
    for strange in ([0.0, 0.0], [1.0, -1.0]):
        with pytest.raises(ValueError, match="denominators"):
            ratio_interval(torch.ones(2), torch.tensor(strange))


def test_the_interval_of_pairs_is_that_of_a_mann_whitney_statistic():
    """Of equal continuous distributions U / (N M) has the variance (N + M + 1) / (12 N M)."""
    generator = torch.Generator().manual_seed(3)
    a, b = torch.rand(200, generator=generator), torch.rand(100, generator=generator)
    low, high = pair_interval((a[:, None] < b).float())
    margin = 1.96 * ((200 + 100 + 1) / (12 * 200 * 100)) ** 0.5
    assert (high - low) / 2 == pytest.approx(margin, rel=0.15)


def test_pairs_of_equal_values_have_no_spread_and_single_items_no_interval():
    assert pair_interval(torch.full((5, 4), 0.5)) == (0.5, 0.5)
    assert pair_interval(torch.rand(1, 4)) is None
    for wrong in (torch.rand(4), torch.rand(0, 3), torch.full((2, 2), torch.nan)):
        with pytest.raises(ValueError, match="expected"):
            pair_interval(wrong)


def test_pairs_in_parts_are_drawn_alike(monkeypatch):
    values = torch.rand(30, 20, generator=torch.Generator().manual_seed(0))
    whole = pair_interval(values, resamples=400)
    monkeypatch.setattr(bootstrap, "CHUNK", 30 * 100)
    low, high = pair_interval(values, resamples=400)
    assert (low, high) == pytest.approx(whole, abs=0.01)
