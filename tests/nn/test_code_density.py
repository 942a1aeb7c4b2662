"""Weights by how rare codes are, by hand."""

import math

import pytest
import torch

from pipeline.nn.code_density import (
    CodeMemory,
    balanced,
    draw_without_replacement,
    log_rarity,
)


def test_rarity_is_the_product_of_shares_upside_down():
    # Nine codes in the first part of the first number and one in the last; the second number's
    # halves are equal.
    codes = torch.tensor([[0.0, i % 2] for i in range(9)] + [[1.0, 1.0]])
    found = log_rarity(codes, torch.zeros(10).long(), classes=1, bins=2, alpha=0.1)
    expected = [-math.log(0.9 + 0.1) - math.log(0.5 + 0.1)] * 9
    expected += [-math.log(0.1 + 0.1) - math.log(0.5 + 0.1)]
    assert found.tolist() == pytest.approx(expected, abs=1e-6)


def test_codes_are_rare_within_their_own_class():
    codes = torch.tensor([[0.0]] * 9 + [[1.0]] + [[1.0]] * 9 + [[0.0]])
    labels = torch.tensor([0] * 10 + [1] * 10)
    found = log_rarity(codes, labels, classes=2, bins=10, alpha=0.01)
    assert found[9] == found[19] > found[0] == found[10]
    assert found[9] - found[0] == pytest.approx(math.log(0.91 / 0.11), abs=1e-5)
    together = log_rarity(codes, torch.zeros(20).long(), classes=1, bins=10, alpha=0.01)
    assert together.unique().numel() == 1


def test_a_large_alpha_draws_all_alike_and_what_has_no_class_counts_nowhere():
    codes = torch.randn(50, 3)
    found = log_rarity(codes, torch.zeros(50).long(), classes=1, bins=5, alpha=1e6)
    assert float(found.exp().std() / found.exp().mean()) < 1e-4
    labels = torch.zeros(50).long()
    labels[25:] = -1
    found = log_rarity(codes, labels, classes=2, bins=5, alpha=0.01)
    alone = log_rarity(codes[:25], labels[:25], classes=2, bins=5, alpha=0.01)
    assert torch.equal(found[:25], alone)
    assert torch.equal(found[25:], torch.zeros(25))


def test_codes_that_do_not_vary_are_equally_common():
    found = log_rarity(torch.ones(4, 2), torch.zeros(4).long(), classes=1, bins=3, alpha=0.1)
    assert found.tolist() == pytest.approx([-2 * math.log(1.1)] * 4)


def test_each_class_keeps_its_share():
    log_weights = torch.tensor([0.0, 0.0, 5.0, 1.0, 3.0])
    labels = torch.tensor([0, 0, 0, 1, 1])
    weights = balanced(log_weights, labels, classes=3).exp()
    assert weights[labels == 0].sum() == pytest.approx(3)
    assert weights[labels == 1].sum() == pytest.approx(2)
    assert weights[2] / weights[0] == pytest.approx(math.exp(5))


def test_draws_are_in_proportion_to_weights_and_none_is_drawn_twice():
    torch.manual_seed(0)
    weights = torch.tensor([1.0, 2.0, 7.0])
    first = torch.stack([draw_without_replacement(weights.log(), 1)[0] for _ in range(3000)])
    shares = torch.bincount(first, minlength=3) / 3000
    torch.testing.assert_close(shares, weights / 10, atol=0.03, rtol=0)
    assert draw_without_replacement(weights.log(), 3).sort().values.tolist() == [0, 1, 2]


def test_a_memory_keeps_the_last():
    memory = CodeMemory(4, 2)
    memory.push(torch.ones(3, 2), torch.tensor([0, 1, 2]))
    assert memory.labels.tolist() == [-1, 0, 1, 2]
    memory.push(2 * torch.ones(3, 2), torch.tensor([3, 4, 5]))
    assert memory.labels.tolist() == [2, 3, 4, 5]
    assert memory.codes[:, 0].tolist() == [1, 2, 2, 2]
    assert set(memory.state_dict()) == {"codes", "labels"}
