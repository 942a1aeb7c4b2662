"""Vocoders in use: the classical one, the one that fits, and sound that goes through either."""

from pathlib import Path

import exported
import numpy as np
import pytest
import soundfile
import tiny
import torch
from torch import Tensor
from typer.testing import CliRunner

from pipeline.capabilities import Vocoder
from pipeline.cli import app
from pipeline.codecs.mel import read_wave
from pipeline.codecs.spectrogram import griffin_lim, log_mel
from pipeline.conventions import MelConvention, differences
from pipeline.errors import UserError
from pipeline.inference.conversion import CHUNK, OVERLAP, convert_wave
from pipeline.inference.finished import as_vocoder, load
from pipeline.inference.vocoders import GriffinLim, fitting

OTHER = MelConvention(rate=8000, n_fft=256, hop=32, win=256, mels=tiny.SIDE, fmax=4000)


class Ones(Vocoder):
    """Makes the same sound of all frames."""

    def __init__(self, convention: MelConvention) -> None:
        self.convention = convention
        self.heard: list[Tensor] = []

    def vocode(self, frames: Tensor) -> Tensor:
        self.heard.append(frames)
        return torch.ones(len(frames), frames.shape[2] * self.convention.hop)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported.export_all(tmp_path_factory.mktemp("data") / "models")


def test_griffin_lim_is_a_vocoder_of_each_clip():
    frames = log_mel(0.1 * torch.randn(3, 1280), tiny.CONVENTION)
    waves = GriffinLim(tiny.CONVENTION).vocode(frames)
    assert waves.shape == (3, 1280)
    assert torch.equal(waves[1], griffin_lim(frames[1], tiny.CONVENTION))


def test_differences_are_named_with_both_values():
    assert differences(OTHER, OTHER) == ""
    other = OTHER.model_copy(update={"log": "log10", "fmax": 3000.0})
    assert differences(OTHER, other) == (
        "fmax: expected 4000.0, found 3000.0; log: expected ln, found log10"
    )


def test_a_vocoder_of_another_convention_does_not_fit():
    assert isinstance(fitting(None, OTHER), GriffinLim)
    ones = Ones(OTHER)
    assert fitting(ones, OTHER) is ones
    with pytest.raises(UserError, match="another convention: hop: expected 32, found 64"):
        fitting(ones, tiny.CONVENTION)


def test_conversion_is_heard_through_the_vocoder(models):
    finished = load(models / "voice_cyclegan")
    wave = (np.random.default_rng(0).standard_normal(4000) * 0.1).astype(np.float32)
    ones = Ones(tiny.CONVENTION)
    converted = convert_wave(finished, wave, "beatrice", ones)
    np.testing.assert_allclose(converted, wave.std(), rtol=1e-5)  # its loudness
    (frames,) = ones.heard
    expected = finished.model.translate(
        finished.codec.encode(torch.from_numpy(np.pad(wave, (0, 32))), "arthur")[None, :, :, :60],
        "beatrice",
    )
    found = finished.codec.to_sample(frames.transpose(1, 2), "beatrice")
    assert found.shape == (1, 1, tiny.SIDE, 63)
    assert expected.shape[3] == 60
    assert not torch.equal(convert_to(finished, wave), torch.from_numpy(converted))
    with pytest.raises(UserError, match="another convention: hop"):
        convert_wave(finished, wave, "beatrice", Ones(OTHER))


def convert_to(finished, wave):
    return torch.from_numpy(convert_wave(finished, wave, "beatrice"))


def test_seams_have_no_bump_where_chunks_agree(models):
    ones, finished = Ones(tiny.CONVENTION), load(models / "voice_cyclegan")
    wave = np.tile(np.float32([0.1, -0.1]), 8000 * 10)
    converted = convert_wave(finished, wave, "beatrice", ones)
    seam = round((CHUNK - OVERLAP) * 8000) + np.arange(round(OVERLAP * 8000))
    np.testing.assert_allclose(converted[seam], 0.1, rtol=0.01)


def test_only_vocoders_vocode(models):
    assert isinstance(as_vocoder(load(models / "hifigan")), Vocoder)
    with pytest.raises(UserError, match="'vae' can't turn mel frames into sound; it can: sample"):
        as_vocoder(load(models / "vae"))


def call(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_takes_a_vocoder_by_name_or_folder(models, tmp_path):
    tiny.write_sound(tmp_path / "in.wav", 1)
    sounds = []
    for number, vocoder in enumerate([None, "hifigan", models / "hifigan"]):
        out = tmp_path / f"{number}.wav"
        option = [] if vocoder is None else ["--vocoder", vocoder]
        arguments = ["voice_cyclegan", tmp_path / "in.wav", "-o", out, "--models", models]
        result = call("translate", *arguments, *option)
        assert result.exit_code == 0, result.output
        sounds.append(soundfile.read(out)[0])
    assert sounds[0].shape == sounds[1].shape == (4000,)
    np.testing.assert_array_equal(sounds[1], sounds[2])
    assert not np.array_equal(sounds[0], sounds[1])
    wave = read_wave(tmp_path / "in.wav", 8000)
    finished, vocoder = load(models / "voice_cyclegan"), as_vocoder(load(models / "hifigan"))
    np.testing.assert_allclose(
        sounds[1], convert_wave(finished, wave, "beatrice", vocoder), atol=1e-3
    )


def test_vocoders_that_dont_fit_are_refused_before_anything_is_written(models, tmp_path):
    tiny.write_sound(tmp_path / "in.wav", 1)
    tiny.write_picture(tmp_path / "in.png", 1)
    other = tiny.shrink(
        tiny.runs()["hifigan"],
        convention=OTHER.model_dump(),
        generator={"channels": 4, "rates": [8, 4], "kernels": [16, 8]},
    )
    exported.export_one(tmp_path / "fine", other)
    out = tmp_path / "out.wav"
    cases = {
        ("voice_cyclegan", "in.wav", "nobody"): "no finished model 'nobody'",
        ("voice_cyclegan", "in.wav", "vae"): "'vae' can't turn mel frames into sound",
        ("voice_cyclegan", "in.wav", tmp_path / "fine"): "hop: expected 32, found 64",
        ("cyclegan", "in.png", "hifigan"): "'cyclegan' can't translate sound",
    }
    for (model, name, vocoder), reason in cases.items():
        arguments = [model, tmp_path / name, "-o", out, "--models", models, "--vocoder", vocoder]
        result = call("translate", *arguments)
        assert result.exit_code == 1
        assert reason in result.stderr
    assert not out.exists()
