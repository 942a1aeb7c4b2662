"""Samplers with an option that trades variety for fidelity."""

import evaluating
import torch
from evaluating import StandInClassifier
from torch import Generator, Tensor, nn

from pipeline.capabilities import Sampler
from pipeline.evaluation import Networks, evaluate
from pipeline.evaluation.data import read_samples
from pipeline.evaluation.trends import LEVELS, varied
from pipeline.options import TEMPERATURE, TOP_K, TRUNCATION


class Towards(nn.Module, Sampler):
    """Draws real digits, at twice the deviations from their mean or nearer to it."""

    classes = 0
    options = (TOP_K, TRUNCATION)

    def __init__(self, x: Tensor) -> None:
        super().__init__()
        self.x = x
        self.asked: list[float] = []

    def sample(
        self, n: int, generator: Generator | None = None, condition=None, truncation: float = 0
    ) -> Tensor:
        self.asked.append(truncation)
        mean = self.x.mean(dim=0)
        drawn = self.x[torch.randint(len(self.x), (n,), generator=generator)]
        return mean + (truncation or 2.0) * (drawn - mean)


def test_precision_rises_and_recall_falls_with_truncation(digits_store, tmp_path):
    model = Towards(read_samples(digits_store, "test", "digit"))
    finished = evaluating.finished(model, digits_store, "digit")
    results = evaluate(finished, digits_store, Networks(StandInClassifier()), tmp_path)
    found = results.tasks["samples"]
    names = [f"truncation {level:g}" for level in LEVELS[TRUNCATION]]
    trends = {}
    for metric in ("precision", "recall", "density", "coverage"):
        parts = found[metric].parts
        assert list(parts) == names
        trends[metric] = [rows["model"] for rows in parts.values()]
    assert trends["precision"] == sorted(trends["precision"])
    assert trends["recall"] == sorted(trends["recall"], reverse=True)
    assert trends["precision"][0] + 0.1 < trends["precision"][-1]
    assert trends["recall"][0] > trends["recall"][-1] + 0.1
    # At 2 it draws what it draws without the option, in the same order.
    assert trends["precision"][0] == found["precision"].values["model"]
    assert set(model.asked) == {0, *LEVELS[TRUNCATION]}


def test_samplers_without_such_an_option_have_no_trend():
    model = Towards(torch.zeros(2, 1, 4, 4))
    assert varied(model) is TRUNCATION
    model.options = (TOP_K,)
    assert varied(model) is None
    model.options = (TOP_K, TEMPERATURE)
    assert varied(model) is TEMPERATURE


def test_levels_are_within_what_the_option_takes():
    for option in (TRUNCATION, TEMPERATURE):
        assert all(option.least <= level <= option.most for level in LEVELS[option])
