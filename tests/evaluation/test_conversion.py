"""Voice converters: stand-ins on recordings whose pitch is known."""

import json
import math

import evaluating
import numpy as np
import pytest
import torch
from evaluating import Constant
from torch import Tensor, nn
from voices import spoken

from pipeline.capabilities import Classifier, Translator
from pipeline.conventions import WorldConvention
from pipeline.datasets.store import Store
from pipeline.evaluation.conversion import evaluate_converter


def converted(model: Translator, store: Store, out, **fields) -> dict:
    context = evaluating.context(model, store, out, **fields)
    evaluate_converter(context)
    return evaluating.values(context.results)


def test_parallel_sentences_give_a_distortion_and_its_ceiling(tmp_path):
    store = evaluating.recordings(tmp_path, {"ann": "s", "bob": "s"})
    found = converted(Constant({"bob": "ann"}, 0.0, 1), store, tmp_path)["ann_to_bob"]
    assert set(found["mcd"]) == {"model", "source_through_vocoder", "statistics", "copy_synthesis"}
    assert found["mcd"]["copy_synthesis"] < found["mcd"]["source_through_vocoder"]
    files = {path.name for path in (tmp_path / "ann_to_bob").iterdir()}
    assert {"0_model.wav", "0_target.wav", "0_source_through_vocoder.wav", "0.png"} <= files


class Same(nn.Module, Translator):
    """Hands back what it gets: mean and std are moved by the codec alone."""

    directions = {"bob": ("ann",), "ann": ("bob",)}  # noqa: RUF012

    def translate(self, x: Tensor, to: str) -> Tensor:
        return x


def test_voices_are_compared_by_pitch_too(tmp_path):
    found = converted(Same(), spoken(tmp_path, {"ann": "s", "bob": "s"}), tmp_path)
    tasks = {"ann_to_bob", "bob_to_ann"}
    assert found.keys() == tasks | {f"{task}/pitch" for task in tasks}
    for task in tasks:
        assert found[task].keys() == {
            "mcd",
            "mcd_world",
            "log_f0_rmse",
            "log_f0_correlation",
            "voicing_error",
            "modulation_distance",
        }
        for rows in found[task].values():
            assert list(rows) == [
                "model",
                "source_through_vocoder",
                "statistics",
                "statistics_f0",
                "copy_synthesis",
            ]
        rmse = found[task]["log_f0_rmse"]
        assert rmse["source_through_vocoder"] == pytest.approx(300, abs=30)
        assert rmse["statistics_f0"] < 60
        assert found[task]["mcd"]["model"] == found[task]["mcd"]["statistics"]
    assert found["ann_to_bob/pitch"].keys() == {"mean_f0", "f0_std"}
    before = found["ann_to_bob/pitch"]["mean_f0"]
    assert list(before) == ["model", "source_recording", "target_speaker"]
    middle = np.sqrt(110 * 130)
    assert before["source_recording"] == pytest.approx(middle, rel=0.02)
    assert before["target_speaker"] == pytest.approx(2 ** (3 / 12) * middle, rel=0.02)
    back = found["bob_to_ann/pitch"]["mean_f0"]
    assert back["target_speaker"] == pytest.approx(before["source_recording"], rel=0.005)
    spread = found["ann_to_bob/pitch"]["f0_std"]
    expected = np.hypot(600 * np.log2(130 / 110), 30 / np.sqrt(2))
    assert spread["source_recording"] == pytest.approx(expected, rel=0.1)


def test_voices_of_world_have_pitch_moved_beside_them(tmp_path):
    store = spoken(
        tmp_path,
        {"ann": "s", "bob": "s"},
        WorldConvention(features="mel_cepstrum", coefficients=24),
    )
    found = converted(Same(), store, tmp_path, classifier=Unsure())
    rows = found["ann_to_bob"]["log_f0_rmse"]
    assert list(rows) == ["model", "source_through_vocoder", "statistics", "copy_synthesis"]
    assert rows["source_through_vocoder"] == pytest.approx(300, abs=30)
    assert rows["model"] == rows["statistics"] < 60
    assert rows["copy_synthesis"] < 30
    assert set(found["ann_to_bob"]["target_accuracy"].values()) == {1}
    pitch = found["bob_to_ann/pitch"]["mean_f0"]
    assert pitch["model"] == pytest.approx(pitch["target_speaker"], rel=0.02)
    assert (tmp_path / "ann_to_bob/0.png").exists()


class Unsure(nn.Module, Classifier):
    """Takes everybody for Bob, by three to one."""

    class_names = ("ann", "bob")

    def features(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def classify(self, x: Tensor) -> Tensor:
        return torch.tensor([[0.0, math.log(3)]]).expand(len(x), -1)


def test_a_classifier_says_whom_it_takes_a_voice_for_and_how_surely(tmp_path):
    store = evaluating.recordings(tmp_path, {"ann": "a", "bob": "b"})
    found = converted(Same(), store, tmp_path, classifier=Unsure())
    for task, taken, probability in (("ann_to_bob", 1, 0.75), ("bob_to_ann", 0, 0.25)):
        for metric, expected in (("target_accuracy", taken), ("target_probability", probability)):
            rows = found[task][metric]
            assert {"model", "source_through_vocoder", "statistics"} <= rows.keys()
            assert set(rows.values()) == {expected}


def test_whatever_depends_on_pitch_says_how_it_was_found(tmp_path):
    store = spoken(tmp_path, {"ann": "s", "bob": "s"})
    context = evaluating.context(Same(), store, tmp_path)
    evaluate_converter(context)
    found = context.results.tasks
    about = {
        "count": len(store.domain("test", "ann")),
        "extractor": "DIO and StoneMask",
        "target_speaker_from": "training recordings",
    }
    pitch, task = found["ann_to_bob/pitch"], found["ann_to_bob"]
    assert {metric: of.protocol for metric, of in pitch.items()} == dict.fromkeys(pitch, about)
    for metric in ("log_f0_rmse", "log_f0_correlation", "voicing_error"):
        assert task[metric].protocol["extractor"] == "DIO and StoneMask"
    assert "extractor" not in task["mcd"].protocol
    assert task["mcd"].protocol["alignment"] == "dynamic time warping"
    assert "alignment" not in task["modulation_distance"].protocol


def test_a_store_without_pitch_has_the_other_baselines(tmp_path):
    store = spoken(tmp_path, {"ann": "s", "bob": "s"})
    path = store.root / "meta.json"
    meta = json.loads(path.read_text())
    for statistics in meta["codec"]["statistics"].values():
        del statistics["pitch"]
    path.write_text(json.dumps(meta))
    found = converted(Same(), Store(store.root), tmp_path)
    assert "statistics_f0" not in found["ann_to_bob"]["mcd"]
    assert found["ann_to_bob/pitch"]["mean_f0"].keys() == {"model", "source_recording"}


def test_sentences_that_only_one_speaker_says_have_their_pitch_beside_the_targets(tmp_path):
    found = converted(Same(), spoken(tmp_path, {"ann": "a", "bob": "b"}), tmp_path)
    assert found.keys() == {"ann_to_bob/pitch", "bob_to_ann/pitch"}
    rows = found["ann_to_bob/pitch"]["mean_f0"]
    assert rows["target_speaker"] > rows["source_recording"] > 100


def test_sentences_that_only_one_speaker_says_are_converted_and_not_compared(tmp_path):
    store = evaluating.recordings(tmp_path, {"ann": "a", "bob": "b"})
    assert "ann_to_bob" not in converted(Constant({"bob": "ann"}, 0.0, 1), store, tmp_path)
    files = {path.name for path in (tmp_path / "ann_to_bob").iterdir()}
    assert {"0_model.wav", "1_model.wav", "0.png"} <= files
    assert not [name for name in files if "target" in name]
