"""Preparation: what it writes, that it is repeatable, and how bad input is refused."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import tiny
import torch
import yaml
from PIL import Image
from tiny import files_no_larger_than
from voices import voice

from pipeline.codecs import MelCodec, sound_codec
from pipeline.codecs.pitch import SUMMARY_SPEED, Pitch, f0_track
from pipeline.datasets import writer
from pipeline.datasets.digits import DigitsParams
from pipeline.datasets.folders import PictureFolderParams, SoundFolderParams
from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.system import workers
from stages import classifier as classifier_stage
from stages import prepare as prepare_stage
from stages import train as train_stage
from stages.command import run_named


@pytest.fixture(scope="module", autouse=True)
def _no_workers_left():
    yield
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


def test_pictures_are_stored_as_their_centred_squares(raw_pictures, picture_store):
    assert picture_store.meta.counts == {
        "train": {"day": 7, "night": 7, "other": 5},
        "test": {"day": 3, "night": 3},
    }
    day = picture_store.domain("train", "day")
    for index, key in enumerate(day.keys):
        file = Path(raw_pictures.root) / "train/day" / f"{key}.png"
        np.testing.assert_array_equal(day.item(index), np.asarray(Image.open(file)))
    other = picture_store.domain("train", "other")
    assert other.keys == [f"nested/x{number}" for number in range(5)]
    wide = np.asarray(Image.open(Path(raw_pictures.root) / "train/other/nested/x3.png"))
    assert wide.shape == (16, 50, 3)
    np.testing.assert_array_equal(other.item(3), wide[:, 17:33])
    assert all(other.item(index).shape == (16, 16, 3) for index in range(5))


def test_sounds_are_stored_as_frames_of_one_rate(tmp_path):
    tiny.write_sound(tmp_path / "a/mono.wav", 1, seconds=0.5)
    time = np.arange(24000) / 48000
    left = 0.5 * np.sin(2 * np.pi * 440 * time)
    soundfile.write(tmp_path / "a/stereo.flac", np.stack([left, -0.5 * left], axis=1), 48000)
    params = SoundFolderParams(
        root=str(tmp_path), folders={"train": {"a": "a"}}, convention=tiny.CONVENTION
    )
    prepare(params, tmp_path / "out", workers=1)
    clips = Store(tmp_path / "out").domain("train", "a")
    assert clips.keys == ["mono", "stereo"]
    assert clips.lengths.tolist() == [4000 // 64, 4000 // 64]
    codec = sound_codec(tiny.CONVENTION, {})
    for index, name in enumerate(["mono.wav", "stereo.flac"]):
        wave = params.load_recording(tmp_path / "a" / name)
        np.testing.assert_array_equal(clips.item(index), codec.stored(wave))
    loudest = clips.item(1).astype(np.float32).mean(axis=0).argmax()
    centres = np.linspace(0, 2595 * np.log10(1 + 4000 / 700), tiny.SIDE + 2)[1:-1]
    assert abs(700 * (10 ** (centres[loudest] / 2595) - 1) - 440) < 200


def test_statistics_are_those_of_all_training_frames(sound_store):
    codec = sound_store.codec
    assert isinstance(codec, MelCodec)
    for domain in ("ann", "bob"):
        clips = sound_store.domain("train", domain)
        frames = np.concatenate([clips.item(i) for i in range(len(clips))]).astype(np.float64)
        np.testing.assert_allclose(codec.statistics[domain].mean, frames.mean(axis=0), rtol=1e-9)
        np.testing.assert_allclose(codec.statistics[domain].std, frames.std(axis=0), rtol=1e-6)


def test_pitch_is_that_of_all_training_recordings(tmp_path):
    rates = (8000, 16_000)
    for split in ("train", "test"):
        for number, (rate, hertz) in enumerate(zip(rates, (120.0, 180.0), strict=True)):
            file = tmp_path / split / "ann" / f"{number}.wav"
            file.parent.mkdir(parents=True, exist_ok=True)
            higher = 1 if split == "train" else 3  # the test's has no say
            soundfile.write(file, voice(np.full(rate, hertz * higher), rate).numpy(), rate)
    (tmp_path / "train/hum").mkdir()
    noise = np.random.default_rng(0).standard_normal(8000) * 0.01
    soundfile.write(tmp_path / "train/hum/0.wav", noise, 8000)
    folders = {"train": {"ann": "train/ann", "hum": "train/hum"}, "test": {"ann": "test/ann"}}
    params = SoundFolderParams(root=str(tmp_path), folders=folders, convention=tiny.CONVENTION)
    prepare(params, tmp_path / "out", workers=1)
    codec = Store(tmp_path / "out").codec
    assert isinstance(codec, MelCodec)
    waves = [params.load_recording(tmp_path / "train/ann" / f"{n}.wav") for n in range(2)]
    tracks = [f0_track(torch.from_numpy(w), tiny.CONVENTION, SUMMARY_SPEED) for w in waves]
    pitch, expected = codec.statistics["ann"].pitch, Pitch.of(tracks)
    assert pitch.mean == pytest.approx(expected.mean, rel=1e-9)
    assert pitch.std == pytest.approx(expected.std, rel=1e-6)
    assert pitch.hertz == pytest.approx(np.sqrt(120 * 180), rel=0.01)
    assert codec.statistics["hum"].pitch is None


def test_test_clips_are_kept_as_sound(raw_sounds, sound_store):
    clips = sound_store.domain("test", "bob")
    for index, key in enumerate(clips.keys):
        kept, rate = soundfile.read(clips.audio(index), dtype="float32")
        raw = raw_sounds.load_recording(Path(raw_sounds.root) / "test/bob" / f"{key}.wav")
        assert rate == 8000
        np.testing.assert_allclose(kept, raw, atol=1 / 32768)
    assert not sound_store.domain("train", "bob").audio(0).exists()


def test_training_clips_are_kept_as_sound_where_asked_for(raw_sounds, sound_store, tmp_path):
    prepare(raw_sounds.model_copy(update={"keep_audio": True}), tmp_path / "out", workers=1)
    kept, bare = tiny.tree(tmp_path / "out"), tiny.tree(sound_store.root)
    assert kept.items() > bare.items()  # meta.json too: what is learnt from is the same
    for domain, count in sound_store.meta.counts["train"].items():
        sounds = {f"train/{domain}/audio/{n:05d}.flac" for n in range(count)}
        assert sounds == {name for name in kept.keys() - bare.keys() if f"/{domain}/" in name}
    clips = Store(tmp_path / "out").domain("train", "ann")
    whole, _ = soundfile.read(clips.audio(3), dtype="float32")
    np.testing.assert_array_equal(clips.wave(3, 100, 200), whole[100:300])


@pytest.mark.parametrize("kind", ["raw_pictures", "raw_sounds"])
def test_preparing_again_or_with_more_workers_gives_the_same_bytes(kind, tmp_path, request):
    params = request.getfixturevalue(kind)
    once = request.getfixturevalue(kind.replace("raw_", "").removesuffix("s") + "_store")
    prepare(params, tmp_path / "two", workers=2)
    assert tiny.tree(once.root) == tiny.tree(tmp_path / "two")
    prepare(params, tmp_path / "two", workers=1)  # over what is there
    assert tiny.tree(once.root) == tiny.tree(tmp_path / "two")
    assert tiny.names_in(tmp_path) == [".two.way", "two"]


@pytest.mark.parametrize("kind", ["raw_pictures", "raw_sounds"])
def test_shards_change_nothing_for_the_reader(kind, tmp_path, request, monkeypatch):
    params = request.getfixturevalue(kind)
    whole = request.getfixturevalue(kind.replace("raw_", "").removesuffix("s") + "_store")
    monkeypatch.setattr(writer, "SHARD_BYTES", 2000)
    prepare(params, tmp_path / "out", workers=1)
    split = Store(tmp_path / "out")
    assert split.meta.codec == whole.meta.codec
    assert split.meta.counts == whole.meta.counts
    for domain in split.meta.counts["train"]:
        a, b = whole.domain("train", domain), split.domain("train", domain)
        assert len(list(b.folder.glob("shard-*.npy"))) > 1
        for index in range(len(a)):
            np.testing.assert_array_equal(a.item(index), b.item(index))
            if a.lengths is not None:
                last = int(a.lengths[index]) - 5
                for start in (0, 3, last):
                    np.testing.assert_array_equal(
                        a.chunk(index, start, 5), b.chunk(index, start, 5)
                    )


# Bad input


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """Pictures and clips, good ones among damaged ones."""
    root = tmp_path / "raw"
    tiny.write_picture(root / "pictures/good.png", 1)
    tiny.write_picture(root / "pictures/also good.jpg", 2)
    tiny.write_picture(root / "pictures/truncated.jpg", 3, 64, 64)
    whole = (root / "pictures/truncated.jpg").read_bytes()
    (root / "pictures/truncated.jpg").write_bytes(whole[: len(whole) // 2])
    (root / "pictures/text.png").write_text("this is no picture")
    tiny.write_picture(root / "pictures/small.png", 4, 12, 40)
    tiny.write_picture(root / "pictures/tab\tin its name.png", 4)
    tiny.write_sound(root / "sounds/good.wav", 1)
    (root / "sounds/text.wav").write_text("this is no sound")
    soundfile.write(root / "sounds/empty.wav", np.zeros(0), 8000)
    broken = np.zeros(4000, dtype=np.float32)
    broken[17] = np.nan
    soundfile.write(root / "sounds/nan.wav", broken, 8000, subtype="FLOAT")
    tiny.write_sound(root / "sounds/short.wav", 1, seconds=0.02)
    (root / "none").mkdir()
    (root / "none/readme.txt").write_text("no pictures here")
    return root


BAD_PICTURES = {
    "truncated.jpg": "damaged picture: ",
    "text.png": "not a picture in a known format",
    "small.png": "40x12 pixels are smaller than the size asked for, 16",
    "tab\tin its name.png": "its name has characters that can't be printed",
}
BAD_SOUNDS = {
    "text.wav": "not a sound file that libsndfile reads",
    "empty.wav": "holds no samples",
    "nan.wav": "holds values that are not numbers",
    "short.wav": "160 samples are fewer than one frame of 256",
}


def pictures(root: Path, folder: str = "pictures") -> PictureFolderParams:
    return PictureFolderParams(root=str(root), folders={"train": {"a": folder}}, size=16)


def sounds(root: Path) -> SoundFolderParams:
    return SoundFolderParams(
        root=str(root), folders={"train": {"a": "sounds"}}, convention=tiny.CONVENTION
    )


def refusal(params: Any, out: Path) -> str:
    with pytest.raises(UserError) as caught:
        prepare(params, out, workers=1)
    left = list(out.parent.iterdir()) if out.parent.exists() else []
    assert left == []
    return str(caught.value)


def test_damaged_pictures_are_all_listed_with_reasons(spoilt, tmp_path):
    text = refusal(pictures(spoilt), tmp_path / "prepared/a")
    assert "4 of 6 items can't be used" in text
    for name, reason in BAD_PICTURES.items():
        assert f"{spoilt / 'pictures' / name}: {reason}" in text
    assert "good" not in text


def test_damaged_sounds_are_all_listed_with_reasons(spoilt, tmp_path):
    text = refusal(sounds(spoilt), tmp_path / "prepared/a")
    assert "4 of 5 items can't be used" in text
    for name, reason in BAD_SOUNDS.items():
        assert f"{spoilt / 'sounds' / name}: {reason}" in text
    assert "good" not in text


def test_a_missing_and_an_empty_folder_are_named(spoilt, tmp_path):
    text = refusal(pictures(spoilt, "pictrues"), tmp_path / "prepared/a")
    assert f"expected a folder at {spoilt / 'pictrues'}" in text
    text = refusal(pictures(spoilt, "none"), tmp_path / "prepared/a")
    assert f"in {spoilt / 'none'}: found none among 1 files" in text
    assert ".png" in text


def test_a_long_list_of_damage_is_cut(tmp_path):
    (tmp_path / "raw/many").mkdir(parents=True)
    for number in range(25):
        (tmp_path / f"raw/many/{number:02d}.png").write_text("no")
    text = refusal(pictures(tmp_path / "raw", "many"), tmp_path / "prepared/a")
    assert "25 of 25" in text
    assert "19.png" in text
    assert "20.png" not in text
    assert "... and 5 more" in text


def test_a_failed_preparation_leaves_what_was_there(spoilt, picture_store, tmp_path):
    out = tmp_path / "prepared/a"
    prepare(DigitsParams(size=8), out, workers=1)
    before = tiny.tree(out)
    with pytest.raises(UserError):
        prepare(pictures(spoilt), out, workers=1)
    assert tiny.tree(out) == before
    assert tiny.names_in(out.parent) == [".a.way", "a"]


# Stages, in this process


@pytest.fixture
def stage_ends(monkeypatch, capsys) -> Callable[..., str]:
    """Runs a stage that must end with exit code 1; returns what it says."""

    def ending(stage: Any, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["stage", *arguments])
        with pytest.raises(SystemExit) as caught:
            run_named(stage.main)
        assert caught.value.code == 1
        return capsys.readouterr().err

    return ending


def write_params(folder: Path, **blocks: Any) -> None:
    text = yaml.safe_dump({"seed": 1, "datasets": {}, **blocks}, sort_keys=False)
    (folder / "params.yaml").write_text(text, encoding="utf-8")


def test_stages_name_the_blocks_that_there_are(in_folder, stage_ends):
    write_params(in_folder, datasets={"digits": {"kind": "digits"}})
    assert stage_ends(prepare_stage, "digts") == (
        "error: params.yaml has no 'digts' under datasets; there are: digits\n"
    )
    assert "no 'vae' under models; there are: none" in stage_ends(train_stage, "vae")
    assert "no 'digits' under classifiers" in stage_ends(classifier_stage, "digits")
    assert "expected the name of a block" in stage_ends(prepare_stage)


def test_stages_say_what_is_wrong_with_the_parameters(in_folder, stage_ends):
    assert "there is no such file" in stage_ends(prepare_stage, "digits")
    write_params(in_folder, datasets={"digits": {"kind": "digits", "sise": 8}})
    assert "datasets.digits.sise: no such parameter" in stage_ends(prepare_stage, "digits")
    assert tiny.names_in(in_folder) == ["params.yaml"]


def test_training_without_prepared_data_says_so(in_folder, stage_ends):
    model = {"method": "vae", "data": "digits", "domains": ["digit"], "steps": 1}
    write_params(in_folder, datasets={"digits": {"kind": "digits"}}, models={"vae": model})
    text = stage_ends(train_stage, "vae")
    assert "expected a prepared data set at data/prepared/digits: prepare it first" in text


@pytest.mark.parametrize(("size", "victim"), [(1000, "shard-00000.npy"), (6000, "00000.flac")])
def test_a_full_disk_ends_with_one_message(
    raw_sounds, in_folder, stage_ends, monkeypatch, size, victim
):
    write_params(in_folder, datasets={"own": raw_sounds.model_dump(mode="json")})
    monkeypatch.setattr(workers.os, "cpu_count", lambda: 1)
    monkeypatch.setattr(writer, "SHARD_BYTES", 2000)
    with files_no_larger_than(size):
        text = stage_ends(prepare_stage, "own")
    assert "error: no room left to write data/prepared/" in text
    assert f"{victim}: File too large" in text
    assert list((in_folder / "data/prepared").iterdir()) == []


# Stages, as processes


def test_a_stage_with_damaged_input_ends_with_one_message(spoilt, tmp_path):
    own = {"kind": "pictures", "root": "raw", "folders": {"train": {"a": "pictures"}}, "size": 16}
    write_params(tmp_path, datasets={"own": own})
    done = subprocess.run(
        [sys.executable, "-m", "stages.prepare", "own"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tiny.ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.count("error:") == 1
    for name, reason in BAD_PICTURES.items():
        assert f"raw/pictures/{name}: {reason}" in done.stderr
    assert tiny.tree(tmp_path / "data") == {}
