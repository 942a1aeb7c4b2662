"""`crossdomain translate` for sound: formats, rates, levels, and voices that are moved."""

from pathlib import Path

import exported
import numpy as np
import pytest
import soundfile
import tiny
from click.testing import Result
from typer.testing import CliRunner
from voices import vowel

from pipeline.cli import app
from pipeline.cli.commands import sound
from pipeline.codecs.mel import read_wave
from pipeline.inference.conversion import convert_wave
from pipeline.inference.effects import shift_voice
from pipeline.inference.finished import load
from pipeline.options import VOICE_OPTIONS
from pipeline.system import progress

RATE = tiny.CONVENTION.rate


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data") / "models"
    for name in ("cyclegan", "voice_cyclegan"):
        exported.export_one(root / name, tiny.runs()[name])
    return root


def call(models: Path, *arguments: object, model: str = "voice_cyclegan") -> Result:
    words = ["translate", model, *map(str, arguments), "--models", str(models)]
    return CliRunner().invoke(app, words)


def made(models: Path, source: Path, name: str, *arguments: object) -> tuple[np.ndarray, int]:
    """What a file is translated to, and its rate."""
    out = source.with_name(name)
    result = call(models, source, "-o", out, *arguments)
    assert result.exit_code == 0, result.output
    wave, rate = soundfile.read(out, dtype="float32")
    return wave, rate


def written(path: Path, *channels: np.ndarray, rate: int = RATE) -> Path:
    soundfile.write(path, np.stack(channels, axis=1), rate, subtype="FLOAT")
    return path


def speech(seconds: float, rate: int = RATE) -> np.ndarray:
    return vowel(np.full(round(seconds * rate), 130.0), rate)


# Rates and formats


@pytest.mark.parametrize(("rate", "samples"), [(44_100, 40_001), (11_025, 9999), (8000, 8001)])
@pytest.mark.parametrize("name", ["out.wav", "out.flac", "out.ogg", "out.mp3"])
def test_rate_and_number_of_samples_stay_in_every_format(models, tmp_path, rate, samples, name):
    source = written(tmp_path / "in.wav", speech(1.5, rate)[:samples], rate=rate)
    moved = ("--pitch", 0.5) if rate == 11_025 else ()
    wave, found = made(models, source, name, *moved)
    assert (wave.shape, found) == ((samples,), rate)


def test_another_rate_can_be_chosen(models, tmp_path):
    source = written(tmp_path / "in.wav", speech(1, 11_025), rate=11_025)
    own, _ = made(models, source, "own.wav", "--rate", RATE)
    high, rate = made(models, source, "high.wav", "--rate", 48_000)
    assert (len(own), len(high), rate) == (8000, 48_000, 48_000)
    assert high.std() == pytest.approx(own.std(), rel=0.02)


def convert(models: Path, source: Path) -> np.ndarray:
    """As from Python."""
    return convert_wave(load(models / "voice_cyclegan"), read_wave(source, RATE), "beatrice")


def test_a_format_that_can_not_have_the_rate_gets_the_next_and_a_warning(models, tmp_path):
    for rate, expected in ((96_000, 48_000), (20_000, 22_050)):
        source = written(tmp_path / "in.wav", speech(0.3, rate), rate=rate)
        result = call(models, source, "-o", tmp_path / "out.mp3")
        words = f"mp3 files can't have {rate} samples a second: written with {expected}"
        assert words in result.stderr
        assert soundfile.info(tmp_path / "out.mp3").samplerate == expected


@pytest.mark.parametrize(
    ("rate", "name", "allowed"),
    [
        (16_001, "out.mp3", "8000, 11025"),
        (300_000, "out.ogg", "up to 200000"),
        (2**20, "out.flac", "up to 655350"),
    ],
)
def test_a_rate_that_a_format_can_not_have_is_refused_at_once(
    models, tmp_path, rate, name, allowed
):
    source = written(tmp_path / "in.wav", speech(0.3))
    result = call(models, source, "-o", tmp_path / name, "--rate", rate)
    assert result.exit_code == 1
    assert f"--rate {rate}: {name[4:]} files can't have it, allowed: {allowed}" in result.stderr
    assert tiny.names_in(tmp_path) == ["in.wav"]


def test_progress_counts_seconds_of_all_files(models, tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    (tmp_path / "in").mkdir()
    for name, seconds in (("a.wav", 26.0), ("b.wav", 0.5)):
        written(tmp_path / "in" / name, 0.1 * np.ones(round(seconds * RATE)))
    (tmp_path / "in/c.wav").write_bytes(b"nonsense")
    result = call(models, tmp_path / "in", "-o", tmp_path / "out")
    lines = [line for line in result.stderr.splitlines() if "seconds of sound" in line]
    counted = [int(line.split(": ")[1].split("/")[0]) for line in lines]
    assert counted == sorted(counted)
    assert {0, 5, 26, 27} <= set(counted)
    assert all("/27 seconds of sound" in line for line in lines)
    assert any(line.endswith("a.wav") for line in lines)


# Levels


def level(wave: np.ndarray) -> float:
    return float(20 * np.log10(wave.std()))


def test_an_offset_takes_nothing_from_the_level(models, tmp_path):
    """Once, a voice of -44 dB came out at -12."""
    voice = speech(2) * 10 ** (-24 / 20)
    assert level(voice) == pytest.approx(-44, abs=0.1)
    plain, _ = made(models, written(tmp_path / "in.wav", voice), "plain.wav")
    offset, _ = made(models, written(tmp_path / "in.wav", voice + 0.3), "offset.wav")
    assert level(plain) == pytest.approx(-44, abs=0.5)
    assert level(offset) == pytest.approx(-44, abs=0.5)


def test_nor_where_the_sound_comes_from_python(models):
    voice = speech(2) * 10 ** (-24 / 20)
    finished = load(models / "voice_cyclegan")
    plain, offset = (
        convert_wave(finished, voice + np.float32(by), "beatrice") for by in (0.0, 0.3)
    )
    assert level(plain) == pytest.approx(-44, abs=0.1)
    assert level(offset) == pytest.approx(-44, abs=0.1)
    likeness = np.corrcoef(plain[RATE:], offset[RATE:])[0, 1]
    assert likeness > 0.9


@pytest.mark.parametrize("empty", [0, 1])
def test_an_empty_channel_takes_nothing_from_the_level(models, tmp_path, empty):
    """Once, it cost 6 dB."""
    channels = [speech(2), speech(2)]
    channels[empty] = np.zeros(2 * RATE, np.float32)
    source = written(tmp_path / "in.wav", *channels)
    wave, _ = made(models, source, "out.wav")
    assert level(wave) == pytest.approx(-20, abs=0.5)
    assert "1 of its 2 channels are empty" in call(models, source, "-o", tmp_path / "x.wav").stderr


def test_a_peak_is_limited_and_the_level_stays(models, tmp_path, monkeypatch):
    def with_a_peak(finished, blocks, *rest):
        wave = np.concatenate(list(blocks))
        wave[RATE : RATE + 5] = 2
        yield wave

    monkeypatch.setattr(sound, "convert_blocks", with_a_peak)
    source = written(tmp_path / "in.wav", speech(2))
    result = call(models, source, "-o", tmp_path / "out.wav")
    assert "the result goes beyond full scale for 0.001 s: limited there" in result.stderr
    wave, _ = soundfile.read(tmp_path / "out.wav")
    assert np.abs(wave).max() <= 0.9901
    assert level(wave[: RATE // 2]) == pytest.approx(-20, abs=0.1)


# Voices that are moved


def test_pitch_and_formants_move_what_the_model_makes(models, tmp_path):
    source = written(tmp_path / "in.wav", speech(1))
    plain, _ = made(models, source, "plain.wav")
    still, _ = made(models, source, "still.wav", "--pitch", 0, "--formants", 0)
    moved, _ = made(models, source, "moved.wav", "--pitch", 3, "--formants", -2.5)
    np.testing.assert_array_equal(still, plain)
    expected = shift_voice(convert(models, source), RATE, pitch=3, formants=-2.5)
    np.testing.assert_allclose(moved, expected, atol=1e-3)
    assert np.abs(moved - plain).max() > 0.01


@pytest.mark.parametrize("option", [("--pitch", 12.5), ("--formants", -13), ("--rate", 10)])
def test_values_out_of_range_are_refused(models, tmp_path, option):
    source = written(tmp_path / "in.wav", speech(0.2))
    assert call(models, source, "-o", tmp_path / "out.wav", *option).exit_code == 2


@pytest.mark.parametrize("option", [("--pitch", 1), ("--formants", 1), ("--rate", 8000)])
def test_pictures_have_no_voice(models, tmp_path, option):
    tiny.write_picture(tmp_path / "in.png", 1)
    out = tmp_path / "out.png"
    result = call(models, tmp_path / "in.png", "-o", out, *option, model="cyclegan")
    assert result.exit_code == 1
    assert "'cyclegan' can't translate sound" in result.stderr
    assert not out.exists()


def test_help_has_units_and_bounds():
    shown = " ".join(CliRunner().invoke(app, ["translate", "--help"]).output.split())
    assert "-12<=x<=12" in shown
    for option in VOICE_OPTIONS:
        assert " ".join(option.help.split()) in shown
    assert "keeps its rate, length and loudness" in shown
