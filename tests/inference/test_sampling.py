"""Samples of sound: learnt, exported, drawn by their options, and written as files."""

import re
from pathlib import Path
from typing import Any

import exported
import numpy as np
import pytest
import soundfile
import tiny
import torch
from click.testing import Result
from torch import Tensor
from typer.testing import CliRunner

from pipeline.capabilities import Sampler
from pipeline.cli import app
from pipeline.codecs import MelCodec
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.inference.finished import FinishedModel, load
from pipeline.inference.sampling import SILENCE, classes_of, draw_samples, sample_waves
from pipeline.inference.vocoders import GriffinLim
from pipeline.methods.base import RunParams
from pipeline.methods.registry import build_from_card
from pipeline.models.code_prior import CodePriorModel
from pipeline.models.gan import GANModel
from pipeline.models.sampling import sample_labelled
from pipeline.models.stylegan import StyleGANModel
from pipeline.options import SAMPLING_OPTIONS
from pipeline.training.readers import reader_of
from pipeline.training.train import train

CROP = 24
RATE, HOP = tiny.CONVENTION.rate, tiny.CONVENTION.hop
SAMPLES = CROP * HOP
"""Of the sound of one sample."""
GAP = round(SILENCE * RATE)


def of_sound(name: str, *domains: str, **fields: Any) -> RunParams:
    """A toy of a shipped block that learns chunks of sound."""
    runs = {**tiny.shipped().models, **tiny.gans().runs, **tiny.zoo().runs}
    run = runs[name]
    return tiny.shrink(tiny.toy(name, run), data="d", domains=domains, crop=CROP, **fields)


RUNS = {
    "vae": of_sound("vae", "ann", noise=None, steps=30, optimizer={"lr": 1e-2, "beta1": 0.9}),
    "gan": of_sound("dcgan", "ann", "bob", conditional=True),
    "autoencoder": of_sound("autoencoder", "ann", steps=150, optimizer={"lr": 1e-2, "beta1": 0.9}),
    "codes": of_sound("vqvae", "ann", "bob"),
    "prior": of_sound("code_prior", "ann", "bob", pretrained="models/codes"),
    "styled": of_sound("stylegan2", "ann"),
}


@pytest.fixture(scope="module")
def models(sound_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained toy of each run, and a vocoder and a sampler of pictures with fresh weights."""
    root = tmp_path_factory.mktemp("data") / "models"
    for name, run in RUNS.items():
        below = load(root / "codes") if name == "prior" else None
        places = {"curves": root.parent / "curves" / name, "scratch": root.parent / "scratch"}
        train(run, sound_store, root / name, seed=1, pretrained=below, **places)
    for name in ("hifigan", "dcgan"):
        exported.export_one(root / name, tiny.runs()[name])
    return root


def call(models: Path, *arguments: object) -> Result:
    words = ["sample", *map(str, arguments), "--models", str(models)]
    return CliRunner().invoke(app, words)


def written(models: Path, *arguments: object) -> str:
    result = call(models, *arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refused(models: Path, *arguments: object) -> str:
    result = call(models, *arguments)
    assert result.exit_code == 1, result.output
    return result.stderr


def heard(path: Path) -> np.ndarray:
    """The sound in a file, which must be sound."""
    wave, rate = soundfile.read(path)
    assert rate == RATE
    assert np.isfinite(wave).all()
    assert np.abs(wave).max() > 0.001
    return wave


# What models draw


@pytest.mark.parametrize("name", ["vae", "gan", "prior"])
def test_a_finished_model_draws_chunks_of_sound(models: Path, name: str) -> None:
    finished = load(models / name)
    assert "sample" in finished.capabilities
    (samples,) = draw_samples(finished, 3, seed=5)
    assert samples.shape == (3, 1, tiny.SIDE, CROP)
    assert samples.isfinite().all()
    (again,) = draw_samples(load(models / name), 3, seed=5)
    (others,) = draw_samples(finished, 3, seed=6)
    assert torch.equal(samples, again)
    assert not torch.equal(samples, others)


def test_a_vae_of_sound_has_learnt_something(models: Path, sound_store: Store) -> None:
    finished = load(models / "vae")
    assert finished.capabilities == ("sample", "reconstruct", "latent", "score")
    assert finished.card.data.specs["ann"].width == CROP
    x = chunks(sound_store)
    with torch.inference_mode():
        score, fresh = finished.model.score(x), build_from_card(finished.card).eval().score(x)
    assert score.mean() > fresh.mean()


def test_an_autoencoder_reconstructs_chunks_of_sound(models: Path, sound_store: Store) -> None:
    finished = load(models / "autoencoder")
    x = chunks(sound_store)
    with torch.inference_mode():
        y = finished.model.reconstruct(x)
    assert y.shape == x.shape
    error = float((y - x).square().mean())
    assert error < 0.7 * float((x - x.mean(dim=0)).square().mean())


def chunks(store: Store) -> torch.Tensor:
    """Chunks that the toys learnt from, [8, 1, M, T]."""
    params = RUNS["vae"].model_copy(update={"batch": 8})
    return reader_of(store, params, seed=1, device=torch.device("cpu"))(0).x


def test_codes_of_sound_are_a_grid(models: Path, sound_store: Store) -> None:
    codes, prior = load(models / "codes"), load(models / "prior")
    grid = codes.model.encode_codes(chunks(sound_store)).shape[1:]
    assert (prior.model.rows, prior.model.columns) == tuple(grid)
    assert prior.model.gpt.length == grid[0] * grid[1] > 1


# What the command writes


@pytest.mark.parametrize("name", ["vae", "gan", "prior"])
def test_a_sample_becomes_a_sound(models: Path, tmp_path: Path, name: str) -> None:
    said = written(models, name, "-o", tmp_path / "x.wav")
    assert "1 sample(s)" in said
    assert f"{SAMPLES / RATE:.2f} s each" in said
    assert heard(tmp_path / "x.wav").shape == (SAMPLES,)


def test_several_samples_follow_one_another(models: Path, tmp_path: Path) -> None:
    written(models, "vae", "-n", 3, "-o", tmp_path / "x.flac")
    wave = heard(tmp_path / "x.flac")
    assert wave.shape == (3 * SAMPLES + 2 * GAP,)
    starts = [number * (SAMPLES + GAP) for number in range(3)]
    assert all(np.abs(wave[start : start + SAMPLES]).max() > 0.001 for start in starts)
    assert all(not wave[start + SAMPLES : start + SAMPLES + GAP].any() for start in starts[:2])


def test_a_folder_gets_a_file_each(models: Path, tmp_path: Path) -> None:
    written(models, "vae", "-n", 3, "-o", tmp_path / "sounds")
    files = sorted((tmp_path / "sounds").iterdir())
    assert [file.name for file in files] == ["0000.wav", "0001.wav", "0002.wav"]
    waves = [heard(file) for file in files]
    assert [len(wave) for wave in waves] == [SAMPLES] * 3
    assert not np.array_equal(waves[0], waves[1])
    drawn = list(sample_waves(load(models / "vae"), 3, seed=0))
    for wave, expected in zip(waves, drawn, strict=True):
        np.testing.assert_allclose(wave, expected.clip(-1, 1), atol=1e-4)


def test_a_class_is_a_speaker(models: Path, tmp_path: Path) -> None:
    assert classes_of(load(models / "gan")) == classes_of(load(models / "prior")) == ["ann", "bob"]
    for name in ("gan", "prior"):
        made = []
        for speaker in ("ann", "bob"):
            file = tmp_path / f"{name}-{speaker}.wav"
            written(models, name, "--class", speaker, "-o", file)
            made.append(heard(file))
        assert not np.array_equal(*made)
    assert "knows no class 'eve'; it knows: ann, bob" in refused(
        models, "gan", "--class", "eve", "-o", tmp_path / "x.wav"
    )


class FirstFrames(GriffinLim):
    """Keeps the frames that it is given."""

    def __init__(self) -> None:
        super().__init__(tiny.CONVENTION)
        self.given: list[Tensor] = []

    def vocode(self, frames: Tensor) -> Tensor:
        self.given.append(frames[0, :, 0])
        return super().vocode(frames)


def test_each_sample_is_decoded_as_its_own_speaker(models: Path, sound_store: Store) -> None:
    """Two equal samples [1, M, T] of standardised zeros are the means of two speakers."""
    finished, vocoder = load(models / "gan"), FirstFrames()
    model = finished.model
    assert isinstance(model, Sampler)
    labels = sample_labelled(model, 6, torch.Generator().manual_seed(4))[1]
    assert labels is not None
    assert len(set(labels.tolist())) == 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "decode", lambda z, _: torch.zeros(len(z), 1, tiny.SIDE, CROP))
        list(sample_waves(finished, 6, seed=4, vocoder=vocoder))
    assert isinstance(sound_store.codec, MelCodec)
    means = [sound_store.codec.statistics[name].mean for name in ("ann", "bob")]
    expected = torch.tensor([means[label] for label in labels])
    torch.testing.assert_close(torch.stack(vocoder.given), expected)


def test_a_vocoder_makes_the_sound(models: Path, tmp_path: Path) -> None:
    for number, options in enumerate([(), ("--vocoder", "hifigan")]):
        written(models, "vae", "-o", tmp_path / f"{number}.wav", *options)
    plain, vocoded = (soundfile.read(tmp_path / f"{number}.wav")[0] for number in (0, 1))
    assert plain.shape == vocoded.shape
    assert not np.array_equal(plain, vocoded)


def test_names_of_pictures_and_of_sound_are_not_mixed_up(models: Path, tmp_path: Path) -> None:
    for name in ("x.png", "x.jpg"):
        said = refused(models, "vae", "-o", tmp_path / name)
        assert f"can't write {tmp_path / name}: vae samples sound, so name a .wav file" in said
    said = refused(models, "dcgan", "-o", tmp_path / "x.wav")
    assert "'dcgan' can't sample sound: it samples pictures, so name a .png file" in said
    assert list(tmp_path.iterdir()) == []


# Options


def test_options_are_those_of_the_model() -> None:
    for sampler in every_sampler():
        assert set(sampler.options) <= set(SAMPLING_OPTIONS)
        assert set(sampler.defaults()) == set(sampler.options)
    names = [option.name for option in SAMPLING_OPTIONS]
    assert len(set(names)) == len(names)
    for option in SAMPLING_OPTIONS:
        assert option.least <= option.neutral <= option.most


def every_sampler() -> list[Sampler]:
    runs = tiny.runs().values()
    built = [run.build_model(tiny.data_of(run), tiny.pretrained_of(run)) for run in runs]
    found = [model for model in built if isinstance(model, Sampler)]
    assert len(found) >= 3
    return found


@pytest.mark.parametrize("name", ["prior", "styled"])
def test_neutral_options_change_nothing(models: Path, name: str) -> None:
    finished = load(models / name)
    taken, own = finished.model.options, finished.model.defaults()
    (expected,) = draw_samples(finished, 2, 1)
    (found,) = draw_samples(finished, 2, 1, options={o.name: own[o] for o in taken})
    assert torch.equal(found, expected)


@pytest.mark.parametrize("option", SAMPLING_OPTIONS, ids=lambda option: option.name)
def test_options_out_of_bounds_are_refused(models: Path, tmp_path: Path, option: Any) -> None:
    kinds = {"prior": CodePriorModel, "styled": StyleGANModel, "gan": GANModel}
    name = next(name for name, kind in kinds.items() if option in kind.options)
    finished: FinishedModel = load(models / name)
    for value in (option.least - 1, option.most + 1):
        words = f"{option.name}: found {value:g}, allowed: {option.least:g} to {option.most:g}"
        with pytest.raises(UserError, match=re.escape(words)):
            next(draw_samples(finished, 1, 0, options={option.name: value}))
        flag = f"--{option.name.replace('_', '-')}"
        result = call(models, name, flag, value, "-o", tmp_path / "x.wav")
        assert result.exit_code == 2
        assert f"Invalid value for '{flag}'" in result.stderr
        assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["vae", "gan"])
@pytest.mark.parametrize("option", CodePriorModel.options, ids=lambda option: option.name)
def test_options_of_other_models_are_refused(
    models: Path, tmp_path: Path, name: str, option: Any
) -> None:
    flag = f"--{option.name.replace('_', '-')}"
    said = refused(models, name, flag, option.neutral, "-o", tmp_path / "x.wav")
    assert f"'{name}' takes no {option.name}; it takes: truncation" in said
    assert list(tmp_path.iterdir()) == []
