"""Evaluation on data without a train split, or without one of the model's domains."""

import dataclasses
from collections.abc import Mapping

import evaluating
import pytest
import tiny
import torch
from evaluating import Constant, StandInClassifier
from stores import prepared
from torch import Generator, Tensor, nn

from pipeline.capabilities import Reconstructor, Sampler, Scorer
from pipeline.conventions import MelConvention
from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.store import Store
from pipeline.evaluation import Networks, evaluate
from pipeline.evaluation.results import Results
from pipeline.evaluation.vocoding import voices_of


class Part(Store):
    """A store with some of its splits and domains; what is left of train may be nothing."""

    def __init__(self, store: Store, **splits: tuple[str, ...]) -> None:
        super().__init__(store.root)
        domains = {
            split: {name: self.meta.domains[split][name] for name in names}
            for split, names in splits.items()
        }
        self.meta = self.meta.model_copy(update={"domains": {"train": {}, **domains}})


class Everything(nn.Module, Sampler, Reconstructor, Scorer):
    """Draws grey, gives back half, and finds all equally likely."""

    classes = 0

    def sample(
        self, n: int, generator: Generator | None = None, condition: Tensor | None = None
    ) -> Tensor:
        return torch.rand(n, 3, 16, 16, generator=generator)

    def reconstruct(self, x: Tensor) -> Tensor:
        return x / 2

    def score(self, x: Tensor) -> Tensor:
        return torch.zeros(len(x))


class Quarters(StandInClassifier):
    class_names = ("day", "night")


def found(model: nn.Module, store: Store, out, *domains: str, classifier=None) -> Results:
    finished = evaluating.finished(model, store, *domains)
    return evaluate(finished, store, Networks(classifier=classifier), out)


def reasons(results: Results, task: str) -> Mapping[str, str]:
    return {entry.metric: entry.reason for entry in results.missing if entry.task == task}


def test_a_direction_without_its_source_is_left_out_with_the_reason(picture_store, tmp_path):
    both = Constant({"night": "day", "day": "night"}, 0.0, 3)
    part = Part(picture_store, test=("day",))
    results = found(both, part, tmp_path, classifier=Quarters())
    assert results.tasks.keys() == {"day_to_night"}
    assert results.tasks["day_to_night"].keys() == {
        "cycle_l1", "edge_correlation", "target_accuracy"
    }  # fmt: skip
    said = reasons(results, "night_to_day")
    assert set(said.values()) == {"the data has no test pictures of night"}
    assert {"fd_features", "target_accuracy"} <= said.keys()
    assert "no pictures of night to compare with" in reasons(results, "day_to_night")["fd_features"]
    assert results.verdicts["day_to_night"].metric == "target_accuracy"
    assert results.tasks["day_to_night"]["edge_correlation"].values.keys() == {
        "model", "untouched_input"
    }  # fmt: skip


def test_without_a_train_split_test_samples_are_the_reference_and_no_ceiling(
    picture_store, tmp_path
):
    there = Constant({"night": "day"}, 0.0, 3)
    part = Part(picture_store, test=("day", "night"))
    results = found(there, part, tmp_path, classifier=Quarters())
    measured = results.tasks["day_to_night"]
    assert measured["fd_features"].protocol["reference"] == "test, 3"
    assert "test_pictures" not in measured["fd_features"].values
    assert measured["psnr"].protocol["baselines_from"] == "test"
    whole = found(there, picture_store, tmp_path, classifier=Quarters()).tasks["day_to_night"]
    assert whole["fd_features"].protocol["reference"] == "train, 7"
    assert "test_pictures" in whole["fd_features"].values
    assert whole["psnr"].protocol["baselines_from"] == "train"
    assert whole["psnr"].values["model"] == measured["psnr"].values["model"]


def test_no_mean_of_test_samples_knows_the_answer(picture_store, tmp_path):
    x = evaluating.context(Everything(), picture_store, tmp_path, "day").samples("test", "day")
    part = Part(picture_store, test=("day",))
    results = found(Everything(), part, tmp_path, "day", classifier=Quarters())
    others = torch.stack([(x.sum(0) - one) / 2 for one in x])
    expected = float((others - x).square().mean())
    mse = results.rows("reconstruction", "mse")
    assert mse["mean_picture"] == pytest.approx(expected, abs=1e-4)
    assert results.tasks["samples"]["fd_features"].values.keys() == {
        "model", "noise", "gaussian", "untrained"
    }  # fmt: skip
    assert results.tasks["likelihood"]["elbo"].protocol["baselines_from"] == "test"


def test_one_sample_alone_has_no_distribution_and_no_mean(tmp_path):
    tiny.write_picture(tmp_path / "raw/0.png", 0)
    folders = {"train": {"day": "raw"}, "test": {"day": "raw"}}
    params = PictureFolderParams(root=str(tmp_path), folders=folders, size=16)
    part = Part(prepared(params, tmp_path / "store"), test=("day",))
    results = found(Everything(), part, tmp_path / "out", "day", classifier=Quarters())
    for task in ("samples", "reconstruction"):
        assert reasons(results, task)["fd_features"] == "there are fewer than 2 samples"
    assert results.rows("reconstruction", "mse").keys() == {"model"}
    assert results.rows("likelihood", "elbo").keys() == {"model"}


def test_a_speaker_without_recordings_is_no_target_to_compare_with(tmp_path):
    for name, seed in (("ann", 1), ("bob", 2)):
        tiny.write_sound(tmp_path / name / "0.wav", seed)
    folders = {split: {"ann": "ann", "bob": "bob"} for split in ("train", "test")}
    convention = MelConvention(rate=8000, n_fft=512, hop=64, win=512, mels=32, fmax=4000)
    params = SoundFolderParams(root=str(tmp_path), folders=folders, convention=convention)
    store = prepared(params, tmp_path / "store")
    both = Constant({"bob": "ann", "ann": "bob"}, 0.0, 1)
    results = found(both, Part(store, test=("ann",)), tmp_path / "out")
    assert "bob_to_ann" not in results.tasks
    said = reasons(results, "ann_to_bob")
    assert said["mcd"] == "bob says none of these sentences"
    assert said["similarity_margin"] == "the data has no test recordings of bob"
    assert said["target_probability"] == "there is no classifier of this data"
    without = "the data has no test recordings of bob"
    assert set(reasons(results, "bob_to_ann").values()) == {without}
    assert (tmp_path / "out/ann_to_bob/0_model.wav").exists()


@pytest.mark.parametrize(
    ("trained", "heard"), [(("ann",), ("ann",)), (("carl",), ("ann", "bob")), ((), ("ann", "bob"))]
)
def test_a_vocoder_takes_voices_that_it_does_not_know(sound_store, tmp_path, trained, heard):
    model = evaluating.Silence(sound_store.codec.convention)
    context = evaluating.context(model, sound_store, tmp_path, "ann")
    params = dataclasses.replace(context.finished.params, domains=trained)
    finished = dataclasses.replace(context.finished, params=params)
    assert voices_of(dataclasses.replace(context, finished=finished)) == heard


def test_what_sound_is_standardised_by_is_said_of_what_depends_on_it(sound_store, tmp_path):
    context = evaluating.context(Everything(), sound_store, tmp_path, "ann", "bob")
    ann, bob = context.scale("ann"), context.scale("bob")
    assert ann.keys() == bob.keys() == {"standardised_by"}
    assert ann != bob != context.scale("ann", "bob")


def test_pictures_have_one_scale(picture_store, tmp_path):
    assert evaluating.context(Everything(), picture_store, tmp_path, "day").scale("day") == {}
