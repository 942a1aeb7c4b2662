"""Pictures as networks of photographs see them: stand-ins that are known."""

import evaluating
import pytest
import torch
from evaluating import Constant
from torch import Tensor

from pipeline.evaluation import Networks
from pipeline.evaluation.context import Context
from pipeline.evaluation.looking import add_lpips, compare_looks


class Means:
    """Sees the mean of each quarter."""

    name, checksum, package, resizing = "means", "0", "none 1", "none"

    def features(self, x: Tensor) -> Tensor:
        return torch.nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)


def context(store, out, **fields) -> Context:
    base = evaluating.context(Constant({"night": "day"}, 0.0, 3), store, out)
    return Context(base.finished, store, out, Networks(**fields))


def pictures(mean: float, seed: int, count: int = 40) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (mean + 0.1 * torch.randn(count, 3, 16, 16, generator=generator)).clamp(-1, 1)


def test_pictures_of_one_kind_are_near(picture_store, tmp_path):
    here = context(picture_store, tmp_path, pictures=Means())
    groups = {"model": pictures(0.2, 1), "noise": pictures(-0.5, 2)}
    compare_looks(here, "samples", groups, pictures(0.2, 3), ["day"])
    found = here.results.tasks["samples"]["kd_imagenet"]
    assert abs(found.values["model"]) < 1 < 100 < found.values["noise"]
    low, high = found.intervals["model"]
    assert low < found.values["model"] < high
    assert found.protocol == {
        "count": 40,
        "reference": "train, 40",
        "network": "means",
        "network_checksum": "0",
        "package": "none 1",
        "resizing": "none",
    }


def test_of_many_pictures_each_domain_has_its_share(picture_store, tmp_path):
    """Domain after domain: the first pictures alone would be of the first domain."""
    here = context(picture_store, tmp_path, pictures=Means())
    reference = torch.cat([pictures(0.2, 1, 300), pictures(-0.2, 2, 300)])
    real = torch.cat([pictures(0.2, 3, 110), pictures(-0.2, 4, 110)])
    groups = {"model": pictures(0.2, 5, 220), "test_pictures": real}
    compare_looks(here, "samples", groups, reference, ["day", "night"])
    found = here.results.tasks["samples"]["kd_imagenet"]
    # The domains' own distance is 2 (1.04^3 - 0.96^3), a quarter of which a mixture is from either.
    apart = 2000 * (1.04**3 - 0.96**3)
    assert found.values["model"] == pytest.approx(apart / 4, abs=3)
    assert found.values["test_pictures"] == pytest.approx(-apart / 2 / 199, abs=1)
    assert found.protocol["count"] == 200
    assert found.protocol["reference"] == "train, 200"


def test_without_the_network_the_reason_is_filed(picture_store, tmp_path):
    here = context(picture_store, tmp_path, missing={"pictures": "not installed"})
    compare_looks(here, "samples", {"model": pictures(0, 1)}, pictures(0, 2), ["day"])
    said = {missing.metric: missing.reason for missing in here.results.missing}
    absent = "no such network was loaded"
    assert said == {"kd_imagenet": "not installed", "fid": absent, "cmmd": absent}


def test_few_pictures_and_other_channels_are_not_measured(picture_store, tmp_path):
    here = context(picture_store, tmp_path, pictures=Means())
    compare_looks(here, "few", {"model": pictures(0, 1)[:3]}, pictures(0, 2), ["day"])
    assert here.results.missing[0].reason == "there are fewer than 8 pictures"
    labels = torch.zeros(20, 5, 16, 16)
    compare_looks(here, "labels", {"model": labels}, labels, ["day"])
    assert "labels" not in here.results.tasks


class Logits(Means):
    """Takes the brightest quarter for the class."""

    def logits_of(self, features: Tensor) -> Tensor:
        return 100 * features


def test_inception_gives_what_papers_report(picture_store, tmp_path):
    here = context(picture_store, tmp_path, inception=Logits())
    groups = {"model": pictures(0.2, 1, 60), "noise": pictures(-0.5, 2, 60)}
    compare_looks(here, "samples", groups, pictures(0.2, 3, 60), ["day"])
    found = here.results.tasks["samples"]
    assert found["fid"].values["model"] < 0.1 < 1 < found["fid"].values["noise"]
    low, high = found["fid"].intervals["model"]
    assert 0 <= low < found["fid"].values["model"] < high < 0.1
    assert found["kid"].values["model"] < 1 < 100 < found["kid"].values["noise"]
    assert 1 <= found["inception_score"].values["model"] <= 4


def test_fid_of_few_pictures_is_left_to_the_kernel_distance(picture_store, tmp_path):
    here = context(picture_store, tmp_path, inception=Logits())
    groups = {"model": pictures(0.2, 1, 60), "noise": pictures(-0.5, 2, 60)}
    compare_looks(here, "samples", groups, pictures(0.2, 3, 49), ["day"])
    said = {missing.metric: missing.reason for missing in here.results.missing}
    assert said["fid"] == "of 49 pictures it is too high: it needs 50"
    assert here.results.tasks["samples"].keys() == {"kid", "inception_score"}


def test_cmmd_is_of_embeddings_of_length_one(picture_store, tmp_path):
    here = context(picture_store, tmp_path, clip=Means())
    # Four equal means: whatever their size, the same direction; and the opposite one, -x.
    groups = {"model": torch.full((9, 3, 8, 8), 0.2), "noise": torch.full((9, 3, 8, 8), -0.9)}
    compare_looks(here, "samples", groups, torch.full((12, 3, 8, 8), 0.7), ["day"])
    found = here.results.tasks["samples"]["cmmd"]
    assert found.values["model"] == pytest.approx(0, abs=1e-4)
    # |x - y|^2 is 4 for opposite vectors of length 1: 1000 (2 - 2 exp(-4 / 200)).
    assert found.values["noise"] == pytest.approx(39.6027, abs=1e-3)
    assert found.protocol["count"] == 9
    assert found.protocol["reference"] == "train, 12"
    assert found.protocol["network"] == "means"


class Distance:
    """Half of the mean absolute difference."""

    name, checksum, package, resizing = "half", "0", "none 1", "none"
    least = 8

    def each(self, x: Tensor, reference: Tensor) -> Tensor:
        return 0.5 * (x - reference).abs().mean(dim=(1, 2, 3))


def test_lpips_is_the_mean_over_pairs(picture_store, tmp_path):
    here = context(picture_store, tmp_path, lpips=Distance())
    truth = torch.zeros(250, 3, 8, 8)
    add_lpips(here, "task", {"model": truth + 0.4, "untouched_input": truth}, truth)
    found = here.results.tasks["task"]["lpips"]
    assert found.values == {"model": 0.2, "untouched_input": 0.0}


def test_pictures_that_are_too_small_have_no_lpips(picture_store, tmp_path):
    here = context(picture_store, tmp_path, lpips=Distance())
    truth = torch.zeros(3, 3, 7, 16)
    add_lpips(here, "task", {"model": truth}, truth)
    assert here.results.tasks == {}
    (said,) = here.results.missing
    assert (said.metric, said.reason) == ("lpips", "half needs 8 pixels a side")
