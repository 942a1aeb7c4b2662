"""Combinations of factors' values, by hand."""

import math

import pytest
import torch

from pipeline.metrics.combinations import combination_ratio, combination_share, ratio_interval_of


def rows(both: int, first: int, second: int, neither: int) -> torch.Tensor:
    kinds = [(True, True)] * both + [(True, False)] * first + [(False, True)] * second
    return torch.tensor(kinds + [(False, False)] * neither)


def test_by_hand():
    has = rows(both=1, first=3, second=1, neither=5)  # margins 0.4 and 0.2
    assert combination_share(has) == pytest.approx(0.1)
    assert combination_ratio(has) == pytest.approx(0.1 / (0.4 * 0.2))


def test_independent_values_have_1_and_those_that_never_meet_0():
    generator = torch.Generator().manual_seed(0)
    has = torch.rand(4000, 3, generator=generator) < torch.tensor([0.5, 0.3, 0.6])
    low, high = ratio_interval_of(has)
    assert low < 1 < high
    assert combination_ratio(has) == pytest.approx(1, abs=0.1)
    apart = rows(both=0, first=40, second=30, neither=30)
    assert combination_ratio(apart) == 0
    assert ratio_interval_of(apart) == (0.0, 0.0)


def test_values_that_do_not_occur_have_no_ratio():
    has = rows(both=0, first=5, second=0, neither=5)
    assert math.isnan(combination_ratio(has))
    assert ratio_interval_of(has) is None
    assert ratio_interval_of(rows(1, 0, 0, 0)) is None
    with pytest.raises(ValueError, match="expected bool"):
        combination_share(torch.zeros(3, 2))
