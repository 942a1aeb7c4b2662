"""SAP, FactorVAE's score and the correlation of numbers, at codes that are known."""

import math

import pytest
import torch
from torch import Tensor

from pipeline.metrics.separation import (
    factor_vae_score,
    group_variances,
    offdiagonal_correlation,
    sap,
)

FACTORS = torch.cartesian_prod(torch.arange(4.0), torch.arange(4.0)).repeat(20, 1)
TURN = torch.tensor([[1.0, -1.0], [1.0, 1.0]]) / math.sqrt(2)
STILL = torch.ones(len(FACTORS), 2)


def score(codes: Tensor) -> float:
    variances, held = group_variances(codes, FACTORS, groups=200, size=16, seed=0)
    return factor_vae_score(variances, held, codes.double().var(dim=0))


def test_a_number_a_factor_is_the_best():
    codes = FACTORS.flip(1) * -3 + 1
    assert sap(codes, FACTORS) == pytest.approx(1)
    assert score(codes) == 1
    assert offdiagonal_correlation(codes) == pytest.approx(0, abs=1e-6)


def test_turned_codes_are_apart_in_nothing_that_they_tell():
    assert sap(FACTORS @ TURN, FACTORS) == pytest.approx(0, abs=1e-6)
    assert score(FACTORS @ TURN) < 0.75  # either number varies least as well as the other
    assert offdiagonal_correlation(FACTORS @ TURN) == pytest.approx(0, abs=1e-6)


def test_codes_that_stand_still_tell_nothing():
    assert sap(STILL, FACTORS) == 0
    assert score(STILL) == 0
    assert offdiagonal_correlation(STILL) == 0


def test_a_gap_of_predictability_by_hand():
    # x + y / 2 predicts 1 / 1.25 of x's variance and 0.25 / 1.25 of y's; x itself all and none.
    codes = torch.stack([FACTORS[:, 0], FACTORS[:, 0] + FACTORS[:, 1] / 2], dim=1)
    assert sap(codes, FACTORS) == pytest.approx(((1 - 0.8) + (0.2 - 0)) / 2, abs=1e-6)
    assert offdiagonal_correlation(codes) == pytest.approx(math.sqrt(0.8), abs=1e-6)


def test_numbers_that_stand_still_are_left_out():
    codes = torch.cat([FACTORS, STILL], dim=1)
    assert score(codes) == 1
    assert sap(codes, FACTORS) == pytest.approx(1)
    assert offdiagonal_correlation(codes) == pytest.approx(0, abs=1e-6)
    assert offdiagonal_correlation(FACTORS[:, :1].repeat(1, 3)) == pytest.approx(1)


def test_the_majority_predicts_by_hand():
    # Number 0 varies least in groups 0, 1, 2 and 4, 5, and votes for factor 1 twice of three times.
    small, large = [0.0, 1.0], [1.0, 0.0]
    variances = torch.tensor([small, small, small, large, small, small, large, large])
    held = torch.tensor([1, 1, 0, 0, 1, 0, 0, 0])
    assert factor_vae_score(variances, held, torch.ones(2)) == pytest.approx(3 / 4)


def test_variances_count_by_those_of_the_whole_set():
    variances = torch.tensor([[4.0, 1.0], [4.0, 1.0]])  # 0.04 and 0.1 of the whole
    held = torch.tensor([1, 1])
    total = torch.tensor([100.0, 10.0])
    assert factor_vae_score(variances, held, total) == 1


def test_groups_agree_on_their_factor():
    variances, held = group_variances(FACTORS, FACTORS, groups=50, size=16, seed=1)
    rows = torch.arange(50)
    assert torch.equal(variances[rows, held], torch.zeros(50, dtype=torch.float64))
    assert bool((variances[rows, 1 - held] > 0).all())


def test_what_cannot_be_measured_is_refused():
    with pytest.raises(ValueError, match="two numbers"):
        sap(FACTORS[:, :1], FACTORS)
    with pytest.raises(ValueError, match="two numbers"):
        offdiagonal_correlation(FACTORS[:, :1])
    with pytest.raises(ValueError, match="does not vary"):
        sap(FACTORS, STILL)
    with pytest.raises(ValueError, match="groups of 999"):
        group_variances(FACTORS, FACTORS, groups=2, size=999, seed=0)
    with pytest.raises(ValueError, match="on both sides"):
        factor_vae_score(torch.ones(1, 2), torch.zeros(1).long(), torch.ones(2))
