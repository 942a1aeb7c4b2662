"""`crossdomain translate` between many speakers, and to and from those a model does not know."""

from collections.abc import Callable
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
from pipeline.codecs.mel import read_wave
from pipeline.inference.conversion import convert_wave
from pipeline.inference.finished import load
from pipeline.inference.unseen import listen, with_unseen
from pipeline.methods.registry import load_run

RATE = tiny.CONVENTION.rate
SPEAKERS = ("arthur", "beatrice", "cecil")
BLOCK = {"method": "adain_vc", "data": "voices", "domains": SPEAKERS, "steps": 6}
SMALL = {"width": 8, "blocks": 2, "dense": 1, "bank": 2, "latent": 4, "embedding": 3}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data") / "models"
    exported.export_one(root / "many", load_run({**BLOCK, "network": SMALL, "crop": 16}))
    exported.export_one(root / "voice_cyclegan", tiny.runs()["voice_cyclegan"])
    return root


@pytest.fixture
def call(models: Path, in_folder: Path) -> Callable[..., Result]:
    """Translate ``in.wav`` to ``out.wav``, in an empty folder."""
    speech(Path("in.wav"), 1.0, 130)

    def translate(*options: object, model: str = "many", file: str = "in.wav") -> Result:
        words = ["translate", model, file, "-o", "out.wav", *map(str, options)]
        return CliRunner().invoke(app, [*words, "--models", str(models)])

    return translate


def speech(path: Path, seconds: float, hertz: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = vowel(np.geomspace(hertz, 1.1 * hertz, round(seconds * RATE)), RATE)
    soundfile.write(path, 0.2 * wave, RATE, subtype="FLOAT")  # so nothing is limited
    return path


def written() -> np.ndarray:
    wave, _ = soundfile.read("out.wav", dtype="float32")
    Path("out.wav").unlink()
    return wave


def refused(result: Result, *words: str) -> None:
    assert result.exit_code == 1, result.output
    for word in words:
        assert word in result.stderr
    assert not Path("out.wav").exists()


def test_a_direction_between_many_speakers_is_named_by_both_its_ends(call, models):
    result = call("--from", "cecil", "--to", "beatrice")
    assert result.exit_code == 0, result.output
    assert "1 file(s) translated to beatrice by many: out.wav" in result.stdout
    expected = convert_wave(
        load(models / "many"), read_wave(Path("in.wav"), RATE), "beatrice", of="cecil"
    )
    np.testing.assert_allclose(written(), expected, atol=1e-3)


def test_what_has_to_be_named_is_said_with_the_names(call):
    refused(call(), "'many' leads to arthur, beatrice, cecil: name one by --to")
    refused(
        call("--to", "arthur"),
        "leads to arthur from beatrice, cecil: name one by --from, or recordings of another",
    )
    refused(call("--to", "arthur", "--from", "arthur"), "not from 'arthur'")
    refused(call("--to", "dora", "--from", "arthur"), "not to 'dora'")
    refused(
        call("--to", "arthur", "--from", "dora"),
        "--from dora: expected a speaker that 'many' knows (arthur, beatrice, cecil), or a file",
    )


def test_models_of_one_source_may_be_told_it(call):
    assert call("--from", "arthur", model="voice_cyclegan").exit_code == 0
    plain = written()
    assert call(model="voice_cyclegan").exit_code == 0
    np.testing.assert_array_equal(written(), plain)
    refused(call("--from", "cecil", model="voice_cyclegan"), "from arthur, not from 'cecil'")


@pytest.mark.parametrize("folder", [True, False])
def test_a_voice_is_made_like_recordings(call, models, folder):
    for number in range(2):
        speech(Path(f"dora/{number}.wav"), 3.0 if folder else 6.0, 220)
    like = Path("dora" if folder else "dora/0.wav")
    result = call("--like", like, "--from", "arthur", "--show-pitch")
    assert result.exit_code == 0, result.output
    assert f"1 file(s) translated to {like} by many: out.wav" in result.stdout
    assert f"mean F0 of {like}'s recordings: 2" in result.stdout
    finished = load(models / "many")
    dora = listen(str(like), [like], finished.codec)
    expected = convert_wave(
        with_unseen(finished, target=dora), read_wave(Path("in.wav"), RATE), str(like), of="arthur"
    )
    np.testing.assert_allclose(written(), expected, atol=1e-3)


def test_who_speaks_may_be_unknown_too(call):
    speech(Path("dora.wav"), 6.0, 220)
    speech(Path("long.wav"), 6.0, 130)
    assert call("--like", "dora.wav", file="long.wav").exit_code == 0
    by_itself = written()
    assert call("--like", "dora.wav", "--from", "long.wav", file="long.wav").exit_code == 0
    np.testing.assert_array_equal(written(), by_itself)
    assert call("--like", "dora.wav", "--from", "cecil", file="long.wav").exit_code == 0
    assert np.abs(written() - by_itself).max() > 0
    assert call("--to", "arthur", "--from", "long.wav").exit_code == 0


def test_a_speaker_may_lie_in_a_folder_of_a_name_that_is_known(call):
    speech(Path("cecil/1.wav"), 6.0, 220)
    result = call("--like", "cecil", "--from", "cecil")  # a known one, by the name
    assert result.exit_code == 0, result.output
    assert "translated to cecil (recordings) by many" in result.stdout


def test_recordings_that_are_too_few_are_refused(call):
    speech(Path("dora.wav"), 4.0, 220)
    words = "expected 5 seconds of recordings or more, better a minute, found "
    refused(call("--like", "dora.wav", "--from", "arthur"), "dora.wav: " + words + "4.0")
    speech(Path("dora.wav"), 6.0, 220)
    refused(call("--like", "dora.wav"), "in.wav: " + words + "1.0")
    refused(call("--to", "arthur", "--from", "in.wav"), "in.wav: " + words + "1.0")


def test_options_that_do_not_go_together(call):
    speech(Path("dora.wav"), 6.0, 220)
    refused(call("--like", "dora.wav", "--to", "arthur"), "--to and --like both say whom to reach")
    refused(
        call("--like", "dora.wav", model="voice_cyclegan"),
        "'voice_cyclegan' can't take speakers that it was not trained on from recordings",
    )
    refused(call("--like", "nowhere", "--from", "arthur"), "no such file or folder: nowhere")


def test_help_has_examples():
    shown = " ".join(CliRunner().invoke(app, ["translate", "--help"]).output.split())
    assert "--from anna --to ben" in shown
    assert "--like recordings/carla" in shown
    assert "5 seconds at least, better a minute" in shown
