"""`crossdomain score`: files ranked by how unlike the training data a model finds them."""

import csv
from pathlib import Path

import numpy as np
import pytest
import tiny
from click.testing import Result
from exported import export_one
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.params import load_params


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    for name in ("vae", "autoencoder", "cyclegan"):
        export_one(root / name, tiny.runs()[name])
    voice = load_params(tiny.ROOT / "recipes/zoo/params.yaml").runs["voice_vae"]
    export_one(root / "voice_vae", tiny.shrink(voice))
    return root


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number in range(6):
        tiny.write_picture(tmp_path / f"in/{number}.png", number, 40, 40)
    return tmp_path / "in"


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["score", *(str(argument) for argument in arguments)])


def scored(*arguments: object) -> list[str]:
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


def test_files_are_ranked_and_written(models, pictures, tmp_path):
    out = tmp_path / "new/scores.csv"
    lines = scored(models / "vae", pictures, "--draws", 4, "-o", out)
    assert lines[0].split() == ["elbo", "reconstruction", "iwae", "kl", "file"]
    values = [float(line.split()[0]) for line in lines[1:7]]
    assert values == sorted(values, reverse=True)
    assert lines[7] == f"all scores: {out}"
    rows = list(csv.DictReader(out.open()))
    assert list(rows[0]) == ["rank", "file", "reconstruction", "elbo", "iwae", "kl"]
    assert [row["rank"] for row in rows] == [str(rank) for rank in range(1, 7)]
    assert sorted(row["file"] for row in rows) == [f"{pictures}/{n}.png" for n in range(6)]
    alone = scored(models / "vae", pictures / "3.png", "--draws", 4)
    whole = next(line for line in lines if line.endswith("/3.png"))
    given = [[float(cell) for cell in line.split()[:-1]] for line in (alone[1], whole)]
    np.testing.assert_allclose(*given, rtol=2e-3)


def test_normal_files_give_distances_and_areas(models, pictures):
    lines = scored(models / "autoencoder", pictures, "--normal", pictures, "--by", "mahalanobis")
    assert lines[0].split() == ["mahalanobis", "reconstruction", "file"]
    assert lines[-1].startswith(f"AUROC against 3 files of {pictures}: reconstruction ")
    assert 0 <= float(lines[-1].split()[-1]) <= 1


def test_sound_is_scored_by_its_chunks(models, tmp_path):
    tiny.write_sound(tmp_path / "a.wav", 1, 3.0)
    tiny.write_sound(tmp_path / "b.wav", 2, 0.5)
    lines = scored(models / "voice_vae", tmp_path / "a.wav", tmp_path / "b.wav")
    assert len(lines) == 3
    assert all(np.isfinite(float(line.split()[0])) for line in lines[1:])


@pytest.mark.parametrize(
    ("model", "given", "words"),
    [
        ("cyclegan", (), "can't score"),
        ("vae", ("--by", "size"), "no score 'size', vae gives: reconstruction, elbo, iwae, kl"),
        ("vae", ("--by", "mahalanobis"), "needs --normal"),
        ("vae", ("missing",), "no such file or folder"),
        ("vae", ("bad",), "not a picture"),
        ("vae", ("few.png", "--normal", "few"), "expected 4 files or more, found 1"),
        ("vae", ("empty",), "holds nothing to score"),
    ],
)
def test_what_cant_be_scored_is_said(models, pictures, in_folder, model, given, words):
    tiny.write_picture(in_folder / "few/a.png", 1, 40, 40)
    tiny.write_picture(in_folder / "few.png", 1, 40, 40)
    (in_folder / "empty").mkdir()
    (in_folder / "bad").mkdir()
    (in_folder / "bad/bad.png").write_bytes(b"nonsense")
    result = call(models / model, pictures, *given)
    assert result.exit_code == 1
    assert words in " ".join(result.stderr.split())
