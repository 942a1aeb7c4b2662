"""Memorisation: distances to the nearest training samples, by hand and for samplers that copy."""

import pytest
import torch
from scipy.stats import mannwhitneyu

from pipeline.metrics import feature_sets
from pipeline.metrics.bootstrap import pair_interval
from pipeline.metrics.memorisation import Nearest, copies_each, nearer_pairs, nearest_two

TRAIN = torch.tensor([[0.0, 0.0], [3.0, 4.0], [10.0, 0.0]])


def normal(count: int, seed: int, size: int = 8) -> torch.Tensor:
    return torch.randn(count, size, generator=torch.Generator().manual_seed(seed))


def test_distances_to_the_two_nearest_by_hand():
    found = nearest_two(torch.tensor([[0.0, 0.0], [3.0, 0.0], [10.0, 1.0]]), [TRAIN])
    assert found.first.tolist() == pytest.approx([0.0, 3.0, 1.0], abs=1e-6)
    assert found.second.tolist() == pytest.approx([5.0, 4.0, 58**0.5])


@pytest.mark.parametrize("size", [1, 7, 50])
def test_parts_and_blocks_change_nothing(monkeypatch, size):
    x, train = normal(20, 0), normal(50, 1)
    whole = torch.cdist(x.double(), train.double()).sort(dim=1).values
    monkeypatch.setattr(feature_sets, "ROWS", 6)
    monkeypatch.setattr(feature_sets, "COLUMNS", 11)
    found = nearest_two(x, train.split(size))
    torch.testing.assert_close(found.first, whole[:, 0])
    torch.testing.assert_close(found.second, whole[:, 1])


def test_a_training_set_of_one_sample_has_no_second_nearest():
    found = nearest_two(TRAIN, [TRAIN[:1]])
    assert found.second.isinf().all()
    assert copies_each(found).tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(ValueError, match="at least one part"):
        nearest_two(TRAIN, [])


def test_pairs_by_hand_and_as_scipy_ranks_them():
    found = nearer_pairs(torch.tensor([0.0, 2.0]), torch.tensor([1.0, 2.0, 3.0]))
    assert found.tolist() == [[1.0, 1.0, 1.0], [0.0, 0.5, 1.0]]
    a, b = normal(30, 0).norm(dim=1), normal(40, 1).norm(dim=1) - 0.3
    u = mannwhitneyu(b.numpy(), a.numpy()).statistic
    assert float(nearer_pairs(a, b).mean()) == pytest.approx(u / (30 * 40))


def test_copies_by_hand():
    first = torch.tensor([0.0, 0.9, 1.1, 0.0], dtype=torch.float64)
    second = torch.tensor([3.0, 3.0, 3.0, 0.0], dtype=torch.float64)  # the last: training twins
    assert copies_each(Nearest(first, second)).tolist() == [1.0, 1.0, 0.0, 1.0]


def test_one_that_resamples_training_is_flagged_and_new_data_is_not():
    train, test, new = normal(300, 0), normal(150, 1), normal(150, 2)
    held_out = nearest_two(test, [train])
    copied = nearest_two(train[torch.arange(150) % 100], [train])
    assert float(nearer_pairs(copied.first, held_out.first).mean()) == 1.0
    assert copies_each(copied).mean() == 1.0
    alike = nearer_pairs(nearest_two(new, [train]).first, held_out.first)
    low, high = pair_interval(alike)
    assert low < 0.5 < high
    assert copies_each(held_out).mean() == 0.0


def test_one_that_remembers_a_tenth_shows_in_its_copies():
    train, new = normal(300, 0), normal(150, 2)
    mixed = torch.cat([train[:15] + 0.01, new[15:]])
    assert float(copies_each(nearest_two(mixed, [train])).mean()) == pytest.approx(0.1)
