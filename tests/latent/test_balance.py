"""What is rare among codes."""

import math

import pytest
import torch

from pipeline.latent.balance import balance_of, effective_number, places_shown, share_of_half


def test_few_codes_of_a_kind_are_rare_and_come_as_often_by_their_weights() -> None:
    codes = torch.cat([torch.zeros(90, 1), torch.ones(10, 1)])
    found = balance_of(codes, bins=2, alpha=0.0)
    assert found.rarity[0] == pytest.approx(math.log(1 / 0.9), abs=1e-6)
    assert found.rarity[-1] == pytest.approx(math.log(1 / 0.1), abs=1e-6)
    assert found.weights[:90].sum() == pytest.approx(50, rel=1e-6)
    assert found.weights[90:].sum() == pytest.approx(50, rel=1e-6)
    assert found.order().tolist() == list(range(100))
    # (50 + 50)^2 / (90 (50 / 90)^2 + 10 (50 / 10)^2)
    assert effective_number(found.weights) == pytest.approx(10000 / (2500 / 90 + 250), rel=1e-6)
    assert share_of_half(found.weights) == pytest.approx(0.1)


def test_the_product_over_numbers_counts() -> None:
    codes = torch.tensor([[0.0, 0.0], [0.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    found = balance_of(codes, bins=2, alpha=0.0)
    expected = [1 / (0.75 * 0.75), 1 / (0.75 * 0.75), 1 / (0.75 * 0.25), 1 / (0.25 * 0.75)]
    assert found.rarity.exp().tolist() == pytest.approx(expected)


def test_alike_weights_are_worth_all_samples() -> None:
    assert effective_number(torch.ones(7)) == pytest.approx(7)
    assert share_of_half(torch.ones(8)) == 0.5
    one = torch.tensor([1.0, 0.0, 0.0, 0.0])
    assert effective_number(one) == 1
    assert share_of_half(one) == 0.25
    even = balance_of(torch.arange(10.0)[:, None], bins=10, alpha=0.01)
    assert effective_number(even.weights) == pytest.approx(10)
    plain = balance_of(torch.randn(50, 3), bins=10, alpha=1e6)
    assert effective_number(plain.weights) == pytest.approx(50, rel=1e-3)


def test_rare_groups_are_found_unnamed() -> None:
    """6 % of codes elsewhere: most of the rarest tenth is of them."""
    generator = torch.Generator().manual_seed(0)
    codes = torch.randn(1000, 2, generator=generator)
    codes[:60] += 9
    rarest = balance_of(codes).order()[-100:]
    assert int((rarest < 60).sum()) >= 50  # a lift of 8; none of these 100 would be by chance: 6


def test_what_cant_be_weighed_is_refused() -> None:
    for codes in (torch.zeros(1, 2), torch.zeros(3), torch.full((3, 1), torch.nan)):
        with pytest.raises(ValueError, match="finite codes"):
            balance_of(codes)


def test_both_ends_are_shown() -> None:
    assert places_shown(5, 9) == [0, 1, 2, 3, 4]
    assert places_shown(101, 5) == [0, 25, 50, 75, 100]
    assert places_shown(9, 1) == [0]
