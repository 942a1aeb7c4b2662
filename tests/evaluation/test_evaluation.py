"""What evaluation reports for stand-in models whose numbers are known."""

import json
import math

import numpy as np
import pytest
import soundfile
import tiny
import torch
from torch import Tensor, nn
from voices import voice

from pipeline.capabilities import Classifier, Reconstructor, Tokenizer, Translator
from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.evaluation.generation import evaluate_generation
from pipeline.evaluation.pictures import evaluate_translator, samples
from pipeline.evaluation.results import Evaluation
from pipeline.evaluation.sound import evaluate_converter
from pipeline.mel_convention import MelConvention


class Constant(nn.Module, Translator):
    """Answers everything with one value, in so many channels."""

    def __init__(self, directions: dict[str, str], value: float, channels: int) -> None:
        super().__init__()
        self.directions, self.value, self.channels = directions, value, channels

    def translate(self, x: Tensor, to: str) -> Tensor:
        return torch.full((len(x), self.channels, *x.shape[2:]), self.value)


def pictures(model: Translator, store: Store, out) -> dict:
    evaluation = Evaluation()
    evaluate_translator(model, store, None, evaluation, out)
    return evaluation.results


def sounds(model: Translator, store: Store, out) -> dict:
    evaluation = Evaluation()
    evaluate_converter(model, store, None, evaluation, out)
    return evaluation.results


def test_pairs_are_compared_with_the_truth(picture_store, tmp_path):
    found = pictures(Constant({"night": "day"}, 0.0, 3), picture_store, tmp_path)["day_to_night"]
    assert set(found) == {"psnr", "ssim", "l1"}
    assert set(found["l1"]) == {"model", "mean_picture", "untouched_input"}
    night = picture_store.domain("test", "night")
    items = np.stack([night.item(index) for index in range(len(night))])
    truth = picture_store.codec.to_sample(torch.from_numpy(items), "night")
    assert found["l1"]["model"] == pytest.approx(float(truth.abs().mean()), abs=1e-4)
    caption = json.loads((tmp_path / "day_to_night.json").read_text())
    assert caption["rows"] == ["input: day", "translation: night", "true counterpart: night"]


def test_a_grey_input_is_a_rival_of_what_colours_it(tmp_path):
    for number in range(5):
        tiny.write_picture(tmp_path / "raw" / f"{number}.png", number)
    folders = {"train": {"photo": "raw"}}
    params = PictureFolderParams(
        root=str(tmp_path), folders=folders, holdout=0.4, size=tiny.SIDE, views=("grey",)
    )
    prepare(params, tmp_path / "store", workers=1)
    store = Store(tmp_path / "store")
    found = pictures(Constant({"photo": "grey"}, 0.0, 3), store, tmp_path)["grey_to_photo"]
    assert found["psnr"]["untouched_input"] > found["psnr"]["model"]  # grey is nearer than nothing


def test_the_way_back_is_measured_where_there_is_one(picture_store, tmp_path):
    both = Constant({"night": "day", "day": "night"}, 0.5, 3)
    found = pictures(both, picture_store, tmp_path)
    assert set(found) == {"day_to_night", "night_to_day"}
    assert found["day_to_night"]["cycle_l1"]["model"] > 0


class Rounded(nn.Module, Reconstructor, Tokenizer):
    """Codes each value by its sign."""

    codes = 2

    def reconstruct(self, x: Tensor) -> Tensor:
        return self.decode_codes(self.encode_codes(x))

    def encode_codes(self, x: Tensor) -> Tensor:
        return (x[:, 0] > 0).long()

    def decode_codes(self, codes: Tensor) -> Tensor:
        return (2.0 * codes - 1)[:, None]


class StandInClassifier(nn.Module, Classifier):
    """Sees the mean of each quarter."""

    classes = ("low", "high")

    def features(self, x: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)

    def classify(self, x: Tensor) -> Tensor:
        return self.features(x)[:, :2]


def test_coders_are_judged_by_what_they_rebuild_and_how_much_of_the_codebook_they_use(
    digits_store, tmp_path
):
    evaluation, model = Evaluation(), Rounded()
    evaluate_generation(
        model, model, digits_store, "digit", StandInClassifier(), evaluation, tmp_path
    )
    rebuilt, codes = evaluation.results["reconstruction"], evaluation.results["codes"]
    x = samples(digits_store, "test", "digit")
    assert rebuilt["mse"]["model"] == pytest.approx(
        float((x - model.reconstruct(x)).square().mean()), abs=1e-4
    )
    assert rebuilt["high_frequency"]["model"] > 1  # signs have sharp edges
    assert rebuilt["high_frequency"]["test_pictures"] == 1
    assert set(rebuilt["fd_features"]) == {"model", "mean_picture", "test_pictures"}
    assert rebuilt["fd_features"]["test_pictures"] < rebuilt["fd_features"]["mean_picture"]
    share = float(model.encode_codes(x).float().mean())
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    assert codes["perplexity"]["model"] == pytest.approx(np.exp(entropy), abs=1e-4)
    assert codes["perplexity"]["half_the_codebook"] == 1
    assert codes["use"]["model"] == 1


def recordings(folder, names: dict[str, str]) -> Store:
    """Two recordings of each speaker for each split; their names begin as ``names`` has it."""
    for seed, (speaker, first) in enumerate(names.items()):
        for number in range(2):
            for split in ("train", "test"):
                file = folder / split / speaker / f"{first}{number}.wav"
                tiny.write_sound(file, 9 * seed + number)
    folders = {split: {name: f"{split}/{name}" for name in names} for split in ("train", "test")}
    convention = MelConvention(rate=8000, n_fft=512, hop=64, win=512, mels=32, fmax=4000)
    params = SoundFolderParams(root=str(folder), folders=folders, convention=convention)
    prepare(params, folder / "store", workers=1)
    return Store(folder / "store")


def test_parallel_sentences_give_a_distortion_and_its_ceiling(tmp_path):
    store = recordings(tmp_path, {"ann": "s", "bob": "s"})
    found = sounds(Constant({"bob": "ann"}, 0.0, 1), store, tmp_path)["ann_to_bob"]
    assert set(found["mcd"]) == {"model", "source_through_vocoder", "statistics", "copy_synthesis"}
    assert found["mcd"]["copy_synthesis"] < found["mcd"]["source_through_vocoder"]
    heard = {path.name for path in (tmp_path / "ann_to_bob").iterdir()}
    assert {"0_model.wav", "0_target.wav", "0_source_through_vocoder.wav", "0.png"} <= heard


class Same(nn.Module, Translator):
    """Hands back what it gets: mean and deviation are moved by the codec alone."""

    directions = {"bob": "ann", "ann": "bob"}  # noqa: RUF012

    def translate(self, x: Tensor, to: str) -> Tensor:
        return x


def spoken(folder, names: dict[str, str]) -> Store:
    """Ann trembles by 30 cents about 110 and 130 Hz, and Bob three semitones higher."""
    convention = MelConvention(rate=16_000, n_fft=1024, hop=256, win=1024)
    for height, (speaker, first) in enumerate(names.items()):
        for split in ("train", "test"):
            for number in range(2):
                file = folder / split / speaker / f"{first}{number}.wav"
                file.parent.mkdir(parents=True, exist_ok=True)
                tremble = 2 ** (30 / 1200 * np.sin(2 * np.pi * 3 * np.arange(16_000) / 16_000))
                hertz = 2 ** (3 * height / 12) * (110 + 20 * number) * tremble
                soundfile.write(file, voice(hertz, 16_000).numpy(), 16_000)
    folders = {split: {name: f"{split}/{name}" for name in names} for split in ("train", "test")}
    params = SoundFolderParams(root=str(folder), folders=folders, convention=convention)
    prepare(params, folder / "store", workers=1)
    return Store(folder / "store")


def test_voices_are_compared_by_pitch_too(tmp_path):
    found = sounds(Same(), spoken(tmp_path, {"ann": "s", "bob": "s"}), tmp_path)
    tasks = {"ann_to_bob", "bob_to_ann"}
    assert found.keys() == tasks | {f"{task}/pitch" for task in tasks}
    for task in tasks:
        assert found[task].keys() == {
            "mcd", "log_f0_rmse", "log_f0_correlation", "voicing_error", "modulation_distance"
        }  # fmt: skip
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


class Unsure(nn.Module, Classifier):
    """Takes everybody for Bob, by three to one."""

    classes = ("ann", "bob")

    def features(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def classify(self, x: Tensor) -> Tensor:
        return torch.tensor([[0.0, math.log(3)]]).expand(len(x), -1)


def test_a_judge_says_whom_it_hears_and_how_sure_it_is(tmp_path):
    evaluation = Evaluation()
    store = recordings(tmp_path, {"ann": "a", "bob": "b"})
    evaluate_converter(Same(), store, Unsure(), evaluation, tmp_path)
    for task, taken, probability in (("ann_to_bob", 1, 0.75), ("bob_to_ann", 0, 0.25)):
        for metric, expected in (("target_accuracy", taken), ("target_probability", probability)):
            rows = evaluation.results[task][metric]
            assert {"model", "source_through_vocoder", "statistics"} <= rows.keys()
            assert set(rows.values()) == {expected}


def test_a_store_without_pitch_has_the_other_baselines(tmp_path):
    store = spoken(tmp_path, {"ann": "s", "bob": "s"})
    path = store.root / "meta.json"
    meta = json.loads(path.read_text())
    for statistics in meta["codec"]["statistics"].values():
        del statistics["pitch"]
    path.write_text(json.dumps(meta))
    found = sounds(Same(), Store(store.root), tmp_path)
    assert "statistics_f0" not in found["ann_to_bob"]["mcd"]
    assert found["ann_to_bob/pitch"]["mean_f0"].keys() == {"model", "source_recording"}


def test_sentences_that_only_one_speaker_says_have_their_pitch_beside_the_targets(tmp_path):
    found = sounds(Same(), spoken(tmp_path, {"ann": "a", "bob": "b"}), tmp_path)
    assert found.keys() == {"ann_to_bob/pitch", "bob_to_ann/pitch"}
    rows = found["ann_to_bob/pitch"]["mean_f0"]
    assert rows["target_speaker"] > rows["source_recording"] > 100


def test_sentences_that_only_one_speaker_says_are_converted_and_not_compared(tmp_path):
    store = recordings(tmp_path, {"ann": "a", "bob": "b"})
    assert "ann_to_bob" not in sounds(Constant({"bob": "ann"}, 0.0, 1), store, tmp_path)
    heard = {path.name for path in (tmp_path / "ann_to_bob").iterdir()}
    assert {"0_model.wav", "1_model.wav", "0.png"} <= heard
    assert not [name for name in heard if "target" in name]


def test_sound_is_seen_in_windows(sound_store):
    found = samples(sound_store, "train", "ann")
    reader = sound_store.domain("train", "ann")
    clips = [reader.item(index) for index in range(len(reader))]
    assert found.shape == (sum(max(1, len(c) // 64) for c in clips), 1, tiny.SIDE, 64)
    whole = next(clip for clip in clips if len(clip) >= 64)
    first = sound_store.codec.to_sample(torch.from_numpy(whole[None, :64].copy()), "ann")
    assert any(torch.equal(sample, first[0]) for sample in found)
