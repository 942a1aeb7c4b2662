"""Samplers of data that left a combination of factors out."""

from dataclasses import replace

import evaluating
import pytest
import torch
from evaluating import Draws
from stores import prepared
from torch import Tensor, nn

from pipeline.capabilities import Classifier
from pipeline.datasets.savanna.dataset import SavannaParams
from pipeline.datasets.store import Store
from pipeline.evaluation import Networks, ceilings, evaluate
from pipeline.evaluation.combining import combination_remark
from pipeline.evaluation.data import read_samples
from pipeline.evaluation.results import Results

AWAY = {"animal": "zebra", "facing": "left"}
FACTORS = ("animal", "facing")


class ByHeart(nn.Module, Classifier):
    """Knows the factors of every picture of a store; takes others for a horse that faces left."""

    class_names = ("horse+left", "horse+right", "zebra+left", "zebra+right")

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.known: dict[bytes, int] = {}
        for split in ("train", "test"):
            domain = store.domain(split, "scene")
            for x, animal, facing in zip(
                read_samples(store, split, "scene"), domain.factors["animal"],
                domain.factors["facing"], strict=True,
            ):  # fmt: skip
                self.known[self.key(x)] = 2 * int(animal) + int(facing)

    def key(self, x: Tensor) -> bytes:
        return bytes(x.contiguous().numpy().tobytes())

    def features(self, x: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)

    def classify(self, x: Tensor) -> Tensor:
        found = torch.tensor([self.known.get(self.key(one), 0) for one in x])
        return nn.functional.one_hot(found, 4).float()


@pytest.fixture(scope="module")
def scenes(tmp_path_factory) -> Store:
    out = tmp_path_factory.mktemp("scenes") / "store"
    params = SavannaParams(size=64, train=60, test=40, classifier=1, views=(), exclude=AWAY)
    return prepared(params, out)


@pytest.fixture
def judged(scenes, tmp_path, monkeypatch):
    monkeypatch.setattr(ceilings, "FEW", 1)

    def judge(x: Tensor, **fields) -> Results:
        model = Draws(x)
        noise = Draws(torch.rand(4, 3, 64, 64))
        finished = evaluating.finished(model, scenes, "scene", untrained=noise)
        networks = replace(Networks(ByHeart(scenes)), **{"classifier_factors": FACTORS, **fields})
        return evaluate(finished, scenes, networks, tmp_path)

    return judge


def finding(results: Results) -> str:
    (found,) = [one for one in results.remarks["samples"] if one.subject == "combination"]
    return found.finding


def test_one_that_repeats_training_does_not_combine(scenes, judged):
    results = judged(read_samples(scenes, "train", "scene"))
    found = results.tasks["samples"]
    assert found["combination_share"].values["model"] == 0
    assert found["combination_share"].values["training_pictures"] == 0
    assert found["combination_share"].protocol["combination"] == "animal zebra, facing left"
    assert found["combination_ratio"].values["model"] == 0
    assert finding(results) == "does not"


def test_one_that_draws_new_pictures_combines(scenes, judged):
    test = read_samples(scenes, "test", "scene")
    results = judged(test)
    domain = scenes.domain("test", "scene")
    zebra, left = domain.factors["animal"] == 1, domain.factors["facing"] == 0
    share = results.tasks["samples"]["combination_share"]
    assert share.values["test_pictures"] == pytest.approx((zebra & left).mean(), abs=1e-4)
    low, high = share.intervals["model"]
    assert low < share.values["test_pictures"] < high
    ratio = results.tasks["samples"]["combination_ratio"].values["test_pictures"]
    expected = (zebra & left).mean() / (zebra.mean() * left.mean())
    assert ratio == pytest.approx(expected, abs=1e-4)
    assert finding(results) == "combines"
    words = combination_remark(results.tasks["samples"]).words
    assert "(animal zebra, facing left) is seen in" in words
    assert "times what independent factors would have" in words


def test_a_value_that_no_sample_has_leaves_no_ratio(judged):
    results = judged(torch.rand(4, 3, 64, 64))
    assert "combination_ratio" not in results.tasks["samples"]
    assert "combination_ratio" in {one.metric for one in results.missing}
    assert finding(results) == "does not"


def test_a_classifier_of_other_things_is_said(scenes, judged):
    results = judged(read_samples(scenes, "train", "scene"), classifier_factors=())
    (missing,) = [one for one in results.missing if one.metric == "combination_share"]
    assert missing.reason == ("the classifier does not tell animal, facing: set tells in its block")
