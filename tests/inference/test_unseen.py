"""Speakers that a model was not trained on, known from recordings."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import tiny
import torch
from voices import glide, spoken, voice

from pipeline.codecs import SoundCodec, WorldCodec
from pipeline.codecs.pitch import Pitch, f0_track
from pipeline.conventions import MelConvention, WorldConvention
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.inference import unseen
from pipeline.inference.conversion import convert_wave
from pipeline.inference.finished import FinishedModel, load
from pipeline.inference.unseen import Speaker, chunks_of, embedding_of, listen, with_unseen
from pipeline.methods.registry import load_run
from pipeline.models.adain_vc import AdaINVCModel
from pipeline.training.train import train

RATE = 16_000
CONVENTIONS = {
    "world": WorldConvention(coefficients=10),
    "mel": MelConvention(rate=RATE, n_fft=1024, hop=256, win=1024, mels=20),
}
SMALL = {"width": 4, "blocks": 2, "dense": 1, "bank": 2, "latent": 4, "embedding": 3}
BLOCK = {"method": "adain_vc", "data": "x", "domains": ["ann", "bob", "cid"], "network": SMALL}
SPEAKERS = {"ann": "s", "bob": "t", "cid": "u"}


@pytest.fixture(scope="module", params=CONVENTIONS)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return spoken(tmp_path_factory.mktemp("sound"), SPEAKERS, CONVENTIONS[request.param])


@pytest.fixture(scope="module")
def finished(store: Store, tmp_path_factory: pytest.TempPathFactory) -> FinishedModel:
    folder = tmp_path_factory.mktemp("model")
    run = load_run({**BLOCK, "steps": 2, "batch": 6, "crop": 24})
    places = {name: folder / name for name in ("curves", "scratch")}
    train(run, store, folder / "voice", seed=1, **places)
    return load(folder / "voice")


@pytest.fixture(autouse=True)
def enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recordings here last a second each."""
    monkeypatch.setattr(unseen, "LEAST", 1.5)


def codec_of(finished: FinishedModel) -> SoundCodec:
    assert isinstance(finished.codec, SoundCodec)
    return finished.codec


def recordings(store: Store, speaker: str) -> Path:
    """Where a speaker's training recordings lie."""
    return store.root.parent / "train" / speaker


def test_recordings_are_read_as_those_of_training(finished: FinishedModel, store: Store) -> None:
    codec = codec_of(finished)
    found = listen("who", [recordings(store, "bob")], codec)
    assert found.statistics == codec.statistics["bob"]
    for number, clip in enumerate(found.clips):
        np.testing.assert_array_equal(clip, store.domain("train", "bob").item(number))
    files = sorted(recordings(store, "bob").iterdir())
    assert listen("who", files, codec).statistics == found.statistics


def test_what_is_stored_of_a_known_speaker_is_near_to_what_recordings_tell(
    finished: FinishedModel, store: Store
) -> None:
    """Training draws chunks at random, here they are the same in number everywhere."""
    model, codec = finished.model, codec_of(finished)
    assert isinstance(model, AdaINVCModel)
    for number, name in enumerate(SPEAKERS):
        found = embedding_of(finished, codec, listen(name, [recordings(store, name)], codec))
        torch.testing.assert_close(found, model.known.mean[number], rtol=0.1, atol=0.05)


def test_a_speaker_who_is_known_sounds_the_same_from_recordings(
    finished: FinishedModel, store: Store
) -> None:
    """Given the embedding that is stored, nothing else differs."""
    codec = codec_of(finished)
    bob = listen("who", [recordings(store, "bob")], codec)
    other = with_unseen(finished, target=bob)
    other.model.embedding = finished.model.known.mean[1]
    wave = store.domain("test", "ann").wave(0)
    one = convert_wave(finished, wave, "bob", of="ann")
    np.testing.assert_array_equal(convert_wave(other, wave, "who", of="ann"), one)


def high(folder: Path, name: str = "eve", seconds: float = 2.0, hertz: float = 300.0) -> Path:
    """Recordings of somebody else."""
    for number in range(2):
        file = folder / name / f"{number}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        wave = voice(glide(hertz, 1.1 * hertz, seconds / 2, RATE), RATE).numpy()
        soundfile.write(file, wave, RATE)
    return folder / name


def test_a_new_target_is_reached_from_everybody(
    finished: FinishedModel, store: Store, tmp_path: Path
) -> None:
    codec = codec_of(finished)
    eve = with_unseen(finished, target=listen("eve", [high(tmp_path)], codec))
    assert eve.model.directions["eve"] == ("ann", "bob", "cid")
    assert eve.model.directions["ann"] == ("bob", "cid")
    assert "eve" not in finished.codec.statistics  # nothing happened to the model itself
    wave = store.domain("test", "ann").wave(0)
    found = convert_wave(eve, wave, "eve", of="ann")
    assert found.shape == wave.shape
    assert np.abs(found - convert_wave(finished, wave, "bob", of="ann")).max() > 0.01
    same = convert_wave(eve, wave, "bob", of="ann")  # known ones are reached as ever
    np.testing.assert_array_equal(same, convert_wave(finished, wave, "bob", of="ann"))
    if isinstance(codec, WorldCodec):
        pitch = Pitch.of([f0_track(torch.from_numpy(found), codec.mel_convention)])
        assert pitch.hertz == pytest.approx(300 * 1.1**0.5, rel=0.06)


def test_a_new_source_is_standardised_by_its_own_recordings(
    finished: FinishedModel, tmp_path: Path
) -> None:
    codec = codec_of(finished)
    eve = listen("eve", [high(tmp_path)], codec)
    other = with_unseen(finished, source=eve)
    assert other.model.directions["ann"] == ("bob", "cid", "eve")
    assert other.codec.statistics["eve"] == eve.statistics
    both = with_unseen(finished, listen("fay", [high(tmp_path, "fay", hertz=200)], codec), eve)
    assert both.model.directions["fay"] == ("ann", "bob", "cid", "eve")
    wave, _ = soundfile.read(tmp_path / "eve/0.wav", dtype="float32")
    found = convert_wave(both, wave, "fay", of="eve")
    if isinstance(codec, WorldCodec):
        pitch = Pitch.of([f0_track(torch.from_numpy(found), codec.mel_convention)])
        assert pitch.hertz == pytest.approx(200 * 1.1**0.5, rel=0.06)


def test_chunks_are_those_of_training() -> None:
    clip = torch.arange(10.0)[:, None]
    assert chunks_of(clip, 4)[..., 0].tolist() == [[0, 1, 2, 3], [6, 7, 8, 9]]
    assert chunks_of(clip, 10)[..., 0].tolist() == [clip[:, 0].tolist()]
    assert chunks_of(clip, 13)[..., 0].tolist() == [[*range(10), 0, 1, 2]]


def test_short_recordings_count_where_there_are_no_others(finished: FinishedModel) -> None:
    codec = codec_of(finished)
    assert isinstance(finished.model, AdaINVCModel)
    width = len(codec.statistics["ann"].mean) + (2 if isinstance(codec, WorldCodec) else 0)
    short, long = torch.randn(9, width), torch.randn(48, width)

    def embedded(*clips: torch.Tensor) -> torch.Tensor:
        return embedding_of(finished, codec, Speaker("ann", codec.statistics["ann"], [*clips]))

    torch.testing.assert_close(embedded(short, long), embedded(long))
    repeated = torch.cat([short, short, short])[:24]
    torch.testing.assert_close(embedded(short), embedded(repeated))


# What is refused


def test_too_few_seconds_are_refused(finished: FinishedModel, tmp_path: Path) -> None:
    codec = codec_of(finished)
    with pytest.raises(UserError, match=r"eve: expected 1.5 seconds .* better a minute, found 1.0"):
        listen("eve", [high(tmp_path, seconds=1.0)], codec)


def test_no_more_than_ten_minutes_are_read(
    finished: FinishedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unseen, "MOST", 2.5)
    found = listen("eve", [high(tmp_path, seconds=4.0)], codec_of(finished))
    hop = codec_of(finished).convention.hop
    assert sum(map(len, found.clips)) * hop / RATE == pytest.approx(2.0, abs=0.05)


def test_bad_recordings_are_named_or_left_out(finished: FinishedModel, tmp_path: Path) -> None:
    folder, codec = high(tmp_path), codec_of(finished)
    (folder / "2.wav").write_bytes(b"nonsense")
    soundfile.write(folder / "3.wav", np.zeros(RATE), RATE)
    with pytest.raises(UserError, match=r"recordings of eve can't be used:\n.*2.wav: not a sound"):
        listen("eve", [folder], codec)
    assert len(listen("eve", [folder], codec, skip_bad=True).clips) == 2


def test_what_is_not_there_is_said(finished: FinishedModel, tmp_path: Path) -> None:
    codec = codec_of(finished)
    with pytest.raises(UserError, match=r"no such file or folder: .*eve"):
        listen("eve", [tmp_path / "eve"], codec)
    tiny.write_picture(tmp_path / "a.png", 1)
    with pytest.raises(UserError, match=r"holds no sound files: .*\n.*png"):
        listen("eve", [tmp_path], codec)


def test_a_target_has_to_have_a_voice(finished: FinishedModel, tmp_path: Path) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(2 * RATE)
    soundfile.write(tmp_path / "noise.wav", noise, RATE)
    heard = listen("wind", [tmp_path / "noise.wav"], codec_of(finished))
    silent = replace(heard, statistics=heard.statistics.model_copy(update={"pitch": None}))
    with pytest.raises(UserError, match="wind: no voice is heard in these recordings"):
        with_unseen(finished, target=silent)


def test_other_models_take_nobody_new(finished: FinishedModel, tmp_path: Path) -> None:
    bob: Any = listen("eve", [high(tmp_path)], codec_of(finished))
    plain = replace(finished, model=with_unseen(finished, target=bob).model)
    with pytest.raises(UserError, match=r"'voice' can't take speakers .* it can: translate"):
        with_unseen(plain, source=bob)
