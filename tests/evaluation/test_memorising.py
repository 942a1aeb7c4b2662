"""Samplers that remember their training samples, and those that do not."""

from dataclasses import dataclass

import evaluating
import pytest
import tiny
import torch
from evaluating import Draws, StandInClassifier, StandInParams

from pipeline.capabilities import Sampler
from pipeline.datasets.store import Store
from pipeline.evaluation import Context, Networks, evaluate, memorising
from pipeline.evaluation.data import read_samples, stream_samples
from pipeline.evaluation.memory import ceiling_remark, memory_cost, memory_remark
from pipeline.evaluation.results import Cost, Measured, Results

NEARER = ("nearer_features", "nearer_values")


@dataclass(frozen=True)
class Mirroring(StandInParams):
    """Parameters of a run that mirrors half of its pictures."""

    flip: bool = True


def judged(model: Sampler, store: Store, out, classifier=None, params=None) -> Results:
    finished = evaluating.finished(
        model, store, "digit", untrained=Draws(torch.rand(9, 1, tiny.SIDE, tiny.SIDE))
    )
    if params is not None:
        finished = type(finished)(finished.name, model, params, finished.codec, finished.card)
    return evaluate(finished, store, Networks(classifier=classifier), out)


def finding(results: Results) -> str:
    return results.remarks["samples"][0].finding


def test_one_that_resamples_training_is_flagged_and_its_verdict_pays(digits_store, tmp_path):
    train = read_samples(digits_store, "train", "digit")
    results = judged(Draws(train), digits_store, tmp_path, StandInClassifier())
    remark, whole = results.remarks["samples"]
    assert (remark.subject, remark.finding) == ("memory", "remembers")
    assert whole.subject == "ceiling"
    assert remark.words.startswith("100 % of the samples are copies of single training samples")
    found = results.tasks["samples"]
    for metric in NEARER:
        assert found[metric].values["model"] == 1.0
        assert found[metric].values["test_pictures"] == 0.5
    copies = found["copies"].values
    assert copies.pop("model") == 1.0
    assert copies.keys() == {"noise", "gaussian", "untrained", "test_pictures"}
    assert max(copies.values()) < 0.02  # in four numbers a few lie near by chance
    assert found["training_distance"].values["model"] == pytest.approx(0, abs=1e-4)
    assert found["training_distance"].values["test_pictures"] == 1.0
    assert found["nearer_values"].protocol == {
        "count": 360, "reference": "train, 1437", "size": "16x16"
    }  # fmt: skip
    verdict = results.verdicts["samples"]
    assert (verdict.metric, verdict.outcome) == ("fd_features", "trade_off")
    assert verdict.costs[-1] == Cost("copies", 1.0, copies["test_pictures"])


@pytest.mark.parametrize("classifier", [None, StandInClassifier()])
def test_the_test_split_is_not_flagged(digits_store, tmp_path, classifier):
    test = read_samples(digits_store, "test", "digit")
    results = judged(Draws(test), digits_store, tmp_path, classifier)
    assert finding(results) == "none"
    low, high = results.tasks["samples"]["nearer_values"].intervals["model"]
    assert low < 0.5 < high
    assert ("nearer_features" in results.tasks["samples"]) == (classifier is not None)


def test_one_that_repeats_a_tenth_is_flagged_by_its_copies(digits_store, tmp_path):
    train, test = (read_samples(digits_store, split, "digit") for split in ("train", "test"))
    mixed = torch.cat([test[:180], train[:20] * 0.99])
    results = judged(Draws(mixed), digits_store, tmp_path)
    assert finding(results) == "remembers"
    low, high = results.tasks["samples"]["copies"].intervals["model"]
    assert low < 0.1 < high


def test_mirrored_copies_count_where_training_mirrored(digits_store, tmp_path):
    mirrored = read_samples(digits_store, "train", "digit").flip(3)
    model = Draws(mirrored)
    assert finding(judged(model, digits_store, tmp_path / "plain")) == "none"
    params = Mirroring(("digit",), Draws(mirrored))
    results = judged(model, digits_store, tmp_path / "mirrored", params=params)
    assert finding(results) == "remembers"


def test_without_test_samples_nothing_is_said(picture_store, tmp_path):
    context = evaluating.context(Draws(torch.rand(3, 3, 16, 16)), picture_store, tmp_path, "day")
    memorising.compare_memory(context, {"model": None}, {"day": "day"}, {})
    assert [one.metric for one in context.results.missing] == ["nearer_values"]


def test_large_samples_are_averaged_and_many_are_spread(digits_store, tmp_path, monkeypatch):
    x = torch.arange(64.0).view(1, 1, 8, 8).repeat_interleave(8, 2).repeat_interleave(8, 3)
    assert memorising.in_values(x, "").shape == (1, 32 * 32)
    assert memorising.in_values(x[..., :20], "").shape == (1, 32 * 20)
    monkeypatch.setattr(memorising, "MOST_TRAINING", 300)
    results = judged(Draws(torch.rand(9, 1, tiny.SIDE, tiny.SIDE)), digits_store, tmp_path)
    assert results.tasks["samples"]["nearer_values"].protocol["reference"] == "train, 300"
    parts = list(stream_samples(digits_store, "train", "digit", most=300))
    assert [len(part) for part in parts] == [256, 44]


def test_samples_of_another_size_are_compared_by_features_alone(digits_store, tmp_path):
    model = Draws(torch.rand(9, 1, 8, 8))
    finished = evaluating.finished(model, digits_store, "digit")
    results = evaluate(finished, digits_store, Networks(StandInClassifier()), tmp_path)
    assert "nearer_features" in results.tasks["samples"]
    assert "nearer_values" not in results.tasks["samples"]
    (missing,) = [one for one in results.missing if one.metric == "nearer_values"]
    assert missing.reason == "samples are 8x8, and real ones 16x16"


def test_streams_are_what_is_read_at_once(sound_store):
    whole = read_samples(sound_store, "train", "ann", width=16)
    parts = stream_samples(sound_store, "train", "ann", most=10**6, width=16)
    assert torch.equal(torch.cat(list(parts)), whole)


def test_sound_is_compared_as_well(sound_store, tmp_path, monkeypatch):
    from pipeline.evaluation import ceilings

    monkeypatch.setattr(ceilings, "FEW", 1)
    chunks = read_samples(sound_store, "train", "ann", width=16)
    finished = evaluating.finished(Draws(chunks), sound_store, "ann", width=16)
    results = evaluate(finished, sound_store, Networks(StandInClassifier()), tmp_path)
    assert results.tasks["samples"]["copies"].values["model"] == 1.0
    assert "standardised_by" in results.tasks["samples"]["nearer_values"].protocol


def share(value: float, low: float, high: float, count: int = 100) -> Measured:
    rows = {"model": value, "test_pictures": 0.5}
    return Measured(rows, {"model": (low, high)}, {"count": count})


def test_nearer_by_one_of_two_spaces_alone_is_unclear():
    metrics = {"nearer_features": share(0.5, 0.4, 0.6), "nearer_values": share(0.9, 0.8, 0.95)}
    remark = memory_remark(metrics)
    assert remark.finding == "unclear"
    assert "value by value, but not in the classifier's features" in remark.words
    assert memory_cost(metrics) is None


def test_nearer_by_both_is_a_cost():
    metrics = {"nearer_features": share(0.7, 0.6, 0.8), "nearer_values": share(0.9, 0.8, 0.95)}
    remark = memory_remark(metrics)
    assert remark.words == (
        "Nearer to the training samples than test samples are: it remembers. In 70 % (60 to 80) of "
        "pairs of a sample and a test sample the sample is nearer to its nearest training sample "
        "in the classifier's features; new data would be in 50 %."
    )
    assert memory_cost(metrics) == Cost("nearer_features", 0.7, 0.5)


def test_distances_at_or_below_those_of_test_samples_are_said():
    def distance(model: float, low: float, high: float) -> dict[str, Measured]:
        rows = {"model": model, "noise": 300.0, "test_pictures": 4.8}
        return {"fd_features": Measured(rows, {"model": (low, high)})}

    level = ceiling_remark(distance(3.885, 1.173, 6.597))
    assert (level.finding, level.words) == (
        "level",
        "As a whole as near to the training samples as test samples are, a Frechet distance of "
        "3.88 (1.17 to 6.6) beside 4.8.",
    )
    assert ceiling_remark(distance(1.0, 0.5, 1.5)).finding == "nearer"
    assert ceiling_remark(distance(9.0, 3.0, 15.0)) is None
    assert ceiling_remark({"fd_features": Measured({"model": 1.0}, {"model": (0, 2)})}) is None
    assert ceiling_remark({}) is None


def test_of_a_few_samples_nothing_is_said():
    assert memory_remark({"nearer_values": share(1.0, 1.0, 1.0, count=3)}) is None
    assert memory_remark({}) is None


def test_seconds_are_told_and_are_none_of_the_results(digits_store, tmp_path):
    told: dict[str, float] = {}
    finished = evaluating.finished(
        Draws(torch.rand(9, 1, tiny.SIDE, tiny.SIDE)), digits_store, "digit"
    )
    results = evaluate(finished, digits_store, Networks(), tmp_path, told=told.__setitem__)
    assert told.keys() == {"seconds_a_sample"}
    assert told["seconds_a_sample"] > 0
    assert "seconds" not in repr(results)


def test_a_context_has_nobody_to_tell_unless_it_is_given(digits_store, tmp_path):
    finished = evaluating.finished(
        Draws(torch.rand(9, 1, tiny.SIDE, tiny.SIDE)), digits_store, "digit"
    )
    assert Context(finished, digits_store, tmp_path).told("seconds", 1.0) is None
