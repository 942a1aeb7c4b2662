"""Files that are unlike all that a translator was trained on: translated, with a warning."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import tiny
from click.testing import Result
from exported import export_one, make_unusual
from typer.testing import CliRunner

from pipeline.cli import app

STATISTICS = {"cyclegan": 79, "voice_cyclegan": 45}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Models to which nothing is usual."""
    for name, count in STATISTICS.items():
        export_one(tmp_path / "models" / name, tiny.runs()[name])
        make_unusual(tmp_path / "models" / name, tiny.runs()[name].domains[0], count)
    return tmp_path / "models"


def translated(models: Path, name: str, *given: object) -> Result:
    out = models.parent / "out"
    arguments = ("translate", models / name, *given, "-o", out)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    assert "file(s) translated" in result.stdout
    return result


def warnings(result: Result) -> list[str]:
    return [line for line in result.stderr.splitlines() if line.startswith("warning: ")]


def test_pictures_are_warned_of_and_counted(models, tmp_path):
    for number in range(3):
        tiny.write_picture(tmp_path / f"in/{number}.png", number)
    found = warnings(translated(models, "cyclegan", tmp_path / "in"))
    for number, line in enumerate(found[:3]):
        assert line.startswith(f"warning: {tmp_path}/in/{number}.png: this is unlike the 'horse'")
        assert "cyclegan was trained on: expect nonsense" in line
    assert found[3:] == ["warning: 3 of 3 file(s) are unlike the 'horse' of cyclegan"]
    assert len(warnings(translated(models, "cyclegan", tmp_path / "in/0.png"))) == 1
    assert warnings(translated(models, "cyclegan", tmp_path / "in", "--to", "horse")) == []


def test_sound_is_warned_of(models, tmp_path):
    draws = np.random.default_rng(1)
    soundfile.write(tmp_path / "in.wav", draws.normal(0, 0.1, 16000), 16000)
    source, _ = tiny.runs()["voice_cyclegan"].domains
    (found,) = warnings(translated(models, "voice_cyclegan", tmp_path / "in.wav"))
    assert f"{tmp_path}/in.wav: this is unlike the '{source}'" in found
    silent = tmp_path / "silent.wav"
    soundfile.write(silent, np.zeros(16000), 16000)
    assert warnings(translated(models, "voice_cyclegan", silent)) == []
