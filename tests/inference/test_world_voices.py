"""Voices as WORLD's parameters, from recordings through training to converted files."""

import shutil
from pathlib import Path
from typing import Any

import evaluating
import numpy as np
import pytest
import soundfile
import tiny
import torch
from torch import Tensor
from voices import glide, spoken, voice

from demo.library import Library
from demo.voice import CLASSICAL, vocoder_choices
from pipeline.capabilities import Reconstructor, Sampler
from pipeline.cli.commands.evaluate_sources import choose_data
from pipeline.codecs import SoundCodec, WorldCodec
from pipeline.codecs.pitch import Pitch, f0_track
from pipeline.conventions import MelConvention, WorldConvention
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.evaluation.data import CHUNK as CHUNK_FRAMES
from pipeline.evaluation.reconstruction import evaluate_reconstructor
from pipeline.inference.conversion import CHUNK, convert_blocks, convert_wave
from pipeline.inference.finished import FinishedModel, export, load
from pipeline.inference.sampling import sample_waves
from pipeline.inference.vocoders import GriffinLim, WorldSynthesis, fitting
from pipeline.interop.onnx import description, metadata
from pipeline.methods.base import Method
from pipeline.methods.registry import load_run
from pipeline.params import load_params
from pipeline.samples import DatasetSpec
from pipeline.training.train import train
from stages.evaluate import networks_for

RATE = 16_000
PUBLISHED = WorldConvention(features="mel_cepstrum")
FEW = WorldConvention(features="mel_cepstrum", coefficients=16)
BLOCK = {"data": "x", "source": "ann", "target": "bob", "steps": 2, "crop": 32}
SMALL = {"generator": {"width": 2, "blocks": 1}, "discriminator": {"width": 2}}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return spoken(tmp_path_factory.mktemp("sound"), {"ann": "s", "bob": "t"}, FEW)


@pytest.fixture(scope="module")
def finished(store: Store, tmp_path_factory: pytest.TempPathFactory) -> FinishedModel:
    folder = tmp_path_factory.mktemp("model")
    run = load_run({"method": "mask_cyclegan_vc", "mask_frames": 0, **BLOCK, **SMALL})
    train(
        run, store, folder / "voice", seed=1, curves=folder / "curves", scratch=folder / "scratch"
    )
    assert (folder / "voice/samples.png").stat().st_size > 500
    return load(folder / "voice")


def test_the_store_has_frames_and_statistics_of_features_and_pitch(store: Store) -> None:
    codec = store.codec
    assert isinstance(codec, WorldCodec)
    frames = store.domain("train", "ann").item(0)
    assert frames.shape[1] == 16 + 2
    assert frames.dtype == np.float16
    ann, bob = (codec.statistics[name] for name in ("ann", "bob"))
    rows = np.concatenate([store.domain("train", "ann").item(i) for i in range(2)])
    np.testing.assert_allclose(ann.mean, rows[:, :16].astype(float).mean(axis=0), rtol=1e-6)
    assert ann.pitch is not None
    assert bob.pitch is not None
    assert ann.pitch.hertz == pytest.approx(np.sqrt(110 * 130), rel=0.02)
    assert bob.pitch.hertz == pytest.approx(2 ** (3 / 12) * ann.pitch.hertz, rel=0.02)


def built(**block: object) -> Method[Any]:
    """A method on the published 36 mel-cepstra."""
    codec = WorldCodec(convention=PUBLISHED, statistics={})
    data = DatasetSpec(specs={name: codec.spec(name) for name in ("ann", "bob")})
    return load_run({**BLOCK, **block, "steps": 1}).build_for(data)


@pytest.mark.parametrize("name", ["cyclegan", "cut"])
def test_translators_of_pictures_take_36_rows(name: str) -> None:
    model = built(method=name, generator={"kind": "resnet", "width": 2, "blocks": 1}).model
    assert model.translate(torch.randn(1, 1, 36, 32), "bob").shape == (1, 1, 36, 32)


def test_what_does_not_take_36_rows_says_so() -> None:
    unet = {"kind": "unet", "width": 2, "depth": 3}
    with pytest.raises(ValueError, match=r"multiples of 8, but samples are 36x32.* convention"):
        built(method="cyclegan", generator=unet)


def test_a_voice_is_converted_at_its_length_with_pitch_moved(finished: FinishedModel) -> None:
    wave = voice(glide(110, 130, 1.0, RATE), RATE).numpy()[:-37]
    converted = convert_wave(finished, wave, "bob")
    assert converted.shape == wave.shape
    assert np.sqrt((converted**2).mean()) == pytest.approx(np.sqrt((wave**2).mean()), rel=1e-3)
    codec = finished.codec
    assert isinstance(codec, WorldCodec)
    track = f0_track(torch.from_numpy(converted), codec.mel_convention)
    before = f0_track(torch.from_numpy(wave), codec.mel_convention)
    tracks = (Pitch.of([before]), Pitch.of([track]))
    raised = tracks[1].hertz / tracks[0].hertz
    assert raised == pytest.approx(2 ** (3 / 12), rel=0.06)


def test_long_sound_goes_in_chunks(finished: FinishedModel) -> None:
    wave = np.tile(voice(glide(110, 130, 1.0, RATE), RATE).numpy(), int(2.5 * CHUNK))
    blocks = [wave[first : first + 7001] for first in range(0, len(wave), 7001)]
    converted = list(convert_blocks(finished, blocks, "bob"))
    assert len(converted) > 1
    whole = np.concatenate(converted)
    assert len(whole) == len(wave)
    assert np.isfinite(whole).all()


def test_the_shortest_sound_is_converted(finished: FinishedModel) -> None:
    wave = voice(np.full(100, 150.0), RATE).numpy()
    assert convert_wave(finished, wave, "bob").shape == (100,)


def test_world_makes_the_sound_and_no_vocoder_of_mels() -> None:
    assert isinstance(fitting(None, FEW), WorldSynthesis)
    with pytest.raises(UserError, match=r"WORLD's parameters.*leave the vocoder out"):
        fitting(GriffinLim(MelConvention(rate=RATE)), FEW)
    with pytest.raises(UserError, match="coefficients: expected 16, found 36"):
        fitting(WorldSynthesis(FEW), PUBLISHED)


class Drawn(torch.nn.Module, Sampler):
    """Samples of nothing."""

    classes = 0

    def sample(self, n: int, generator: object = None, condition: object = None) -> Tensor:
        return torch.zeros(n, 1, 16, 32)


class Rounded(torch.nn.Module, Reconstructor):
    """Gives back whole numbers."""

    def reconstruct(self, x: Tensor) -> Tensor:
        return x.round()


def test_copies_are_heard_with_the_pitch_of_what_they_are_copies_of(
    store: Store, tmp_path: Path
) -> None:
    evaluate_reconstructor(evaluating.context(Rounded(), store, tmp_path, "ann"))
    for name in ("original", "model"):
        wave, rate = soundfile.read(tmp_path / f"reconstructions/0_{name}.wav")
        assert (len(wave), rate) == (CHUNK_FRAMES * FEW.hop, RATE)
        found = Pitch.of([f0_track(torch.from_numpy(wave).float(), MelConvention(rate=RATE))])
        assert found.hertz == pytest.approx(110, rel=0.03)


def test_a_vocoder_of_params_yaml_is_for_mels(store: Store) -> None:
    params = load_params(tiny.ROOT / "params.yaml").model_copy(update={"vocoder": "none"})
    networks = networks_for(params, "somebodys", store.codec)
    assert (networks.vocoder, networks.vocoder_name) == (None, "WORLD")


def test_recordings_of_ones_own_are_read_in_the_models_convention(
    finished: FinishedModel, store: Store, tmp_path: Path
) -> None:
    """The folder that the store was prepared from, without what it was told of it."""
    root = tmp_path / "sounds"
    shutil.copytree(store.root.parent / "test", root)
    other = choose_data(finished, root, (), "auto", None).open(tmp_path / "store")
    assert other.codec == finished.codec
    here, there = (one.domain("test", "bob") for one in (other, store))
    assert here.keys == there.keys
    np.testing.assert_array_equal(here.item(1), there.item(1))


def test_a_store_of_mels_is_refused(finished: FinishedModel, tmp_path: Path) -> None:
    mels = spoken(tmp_path, {"ann": "s", "bob": "t"})
    with pytest.raises(UserError, match="takes frames: kind: expected world, found mel"):
        choose_data(finished, mels.root, (), "auto", None)


def test_an_onnx_file_says_what_its_numbers_are(finished: FinishedModel) -> None:
    said = description(finished, "bob")
    assert "[batch, 1, 16, frames] of ann" in said
    assert "the features of WORLD's envelopes (F0 and aperiodicity stay beside), each less" in said
    assert metadata(finished, "bob")["kind"] == "world"


def test_the_demo_names_world(finished: FinishedModel, tmp_path: Path) -> None:
    folder = tmp_path / "models/voice"
    export(
        folder,
        finished.model,
        params=finished.params,
        data=finished.card.data,
        codec=finished.codec,
        seed=1,
    )
    library = Library(folder.parent)
    (way, _) = library.ways(SoundCodec)
    assert vocoder_choices(library, way) == [("WORLD (needs no training)", CLASSICAL)]


def test_sound_is_not_drawn_of_features_without_pitch(store: Store) -> None:
    drawn = evaluating.finished(Drawn(), store, "ann")
    with pytest.raises(UserError, match="no pitch of their own"):
        list(sample_waves(drawn, 1, seed=0))
