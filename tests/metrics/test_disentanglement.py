"""The mutual information gap, at codes whose gap is known."""

import math

import numpy as np
import pytest
import torch

from pipeline.metrics.disentanglement import (
    binned,
    dci,
    focus,
    information,
    mutual_information_gap,
)

FACTORS = torch.cartesian_prod(torch.arange(4.0), torch.arange(4.0)).repeat(50, 1)


def test_information_by_hand():
    a, b = binned(FACTORS[:, 0]), binned(FACTORS[:, 1])
    assert float(information(a, a)) == pytest.approx(math.log(4))
    assert float(information(a, b)) == pytest.approx(0, abs=1e-9)
    halves = binned((FACTORS[:, 0] > 1).double())
    assert float(information(a, halves)) == pytest.approx(math.log(2))


def test_a_number_a_factor_is_the_best_and_one_for_both_the_worst():
    assert mutual_information_gap(FACTORS.flip(1) * -3, FACTORS) == pytest.approx(1)
    assert mutual_information_gap(FACTORS.repeat(1, 2), FACTORS) == pytest.approx(0)
    noise = torch.randn(len(FACTORS), 3)
    assert mutual_information_gap(noise, FACTORS) < 0.1


def test_turned_codes_are_worse_than_straight_ones():
    turn = torch.tensor([[0.8, -0.6], [0.6, 0.8]])
    assert mutual_information_gap(FACTORS @ turn, FACTORS) < 0.6


def test_what_has_no_gap_is_refused():
    with pytest.raises(ValueError, match="two numbers"):
        mutual_information_gap(FACTORS[:, :1], FACTORS)
    with pytest.raises(ValueError, match="does not vary"):
        mutual_information_gap(FACTORS, torch.ones_like(FACTORS))


def test_a_number_a_factor_is_disentangled_and_complete():
    found = dci(FACTORS.flip(1) * -3, FACTORS)
    assert found == pytest.approx((1, 1))
    both = torch.cat([FACTORS, torch.zeros(len(FACTORS), 2)], dim=1)
    assert dci(both, FACTORS) == pytest.approx((1, 1))  # what does not vary tells nothing


def test_mixed_and_spread_codes_are_told_apart():
    mixed = torch.stack([FACTORS.sum(dim=1), FACTORS[:, 0] - FACTORS[:, 1]], dim=1)
    apart, complete = dci(mixed, FACTORS)
    assert apart < 0.05
    assert complete < 0.05
    noise = torch.randn(len(FACTORS), 1)
    spread = torch.cat([FACTORS[:, :1] + noise, FACTORS[:, :1] - noise, FACTORS[:, 1:]], dim=1)
    apart, complete = dci(spread, FACTORS)
    assert apart > 0.95  # each number is of one factor
    assert complete < 0.8  # but one factor takes two


def test_shares_of_rows_by_hand():
    rows = np.array([[3.0, 1.0], [0.0, 4.0]])
    first = 1 + (0.75 * math.log(0.75) + 0.25 * math.log(0.25)) / math.log(2)
    assert focus(rows) == pytest.approx((4 * first + 4 * 1) / 8)


def test_what_has_no_numbers_to_tell_apart_is_refused():
    with pytest.raises(ValueError, match="two numbers or more and two factors"):
        dci(FACTORS, FACTORS[:, :1])
    with pytest.raises(ValueError, match="tells nothing"):
        dci(torch.ones_like(FACTORS), FACTORS)
