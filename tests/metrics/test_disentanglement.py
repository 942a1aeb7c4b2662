"""The mutual information gap, at codes whose gap is known."""

import math

import pytest
import torch

from pipeline.metrics.disentanglement import binned, information, mutual_information_gap

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
