"""Cases: the best, the median and the worst, by a metric."""

import torch

from pipeline.evaluation.cases import Ranking, rank


def test_lower_is_better_comes_first():
    ranking = Ranking("mcd", torch.tensor([5.0, 1.0, 4.0, 9.0, 3.0]))
    assert ranking.chosen == [1, 2, 3]
    found = rank(ranking, ["a", "b", "c", "d", "e"])
    assert (found.best, found.median, found.worst) == ("b", "c", "d")
    assert ranking.describe(2) == "Worst of 5 by Mel-cepstral distortion"


def test_higher_is_better_comes_first():
    assert Ranking("psnr", torch.tensor([5.0, 1.0, 9.0])).chosen == [2, 0, 1]


def test_few_items_are_shown_once_each():
    assert Ranking("psnr", torch.tensor([5.0])).chosen == [0]
    two = Ranking("psnr", torch.tensor([5.0, 7.0]))
    assert two.chosen == [1, 0]
    assert [two.describe(n).split()[0] for n in range(2)] == ["Best", "Worst"]
