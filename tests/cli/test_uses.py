"""Commands about what codes are good for: what they write and say, and how they refuse."""

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import exported
import numpy as np
import pytest
import tiny
from click.testing import Result
from PIL import Image
from stores import prepared
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.cli.commands.captions import LINE, SIDE
from pipeline.datasets.digits import DigitsParams
from pipeline.figures import GAP, SMALLEST

COMMANDS = ("balance", "probe", "compress", "denoise")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Toys in the folder models, and digits of their size in prepared."""
    root = tmp_path_factory.mktemp("uses")
    runs = tiny.runs()
    for name in ("vae", "autoencoder", "dcgan"):
        exported.export_one(root / "models" / name, runs[name])
    exported.export_one(root / "models/codes", runs["vit_vqgan"])
    scenes = tiny.shrink(runs["vit_vqgan"], data="savanna", domains=("scene",))
    exported.export_one(root / "models/scenes", scenes)
    sound = {"data": "voices", "domains": ("arthur",), "crop": tiny.SIDE}
    exported.export_one(root / "models/sound", tiny.shrink(runs["vae"], **sound))
    exported.export_one(root / "models/digits", runs["classifier_digits"])
    prepared(DigitsParams(size=tiny.SIDE), root / "prepared")
    return root


def call(data: Path, *arguments: object) -> Result:
    words = [*map(str, arguments), "--models", str(data / "models")]
    return CliRunner().invoke(app, words)


def written(data: Path, *arguments: object) -> str:
    result = call(data, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(data: Path, *arguments: object) -> str:
    result = call(data, *arguments)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.stderr


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


# Balance


def test_a_folder_is_balanced_at_once(data, tmp_path):
    """Of 12 dark pictures and a white one the white one is rarest, and what is no picture is
    said."""
    for number in range(12):
        tiny.write_picture(tmp_path / f"in/{number}.png", number, 40, 30)
        dark = np.asarray(Image.open(tmp_path / f"in/{number}.png")) // 8
        Image.fromarray(dark).save(tmp_path / f"in/{number}.png")
    Image.new("RGB", (9, 9), "white").save(tmp_path / "in/white.png")
    (tmp_path / "in/bad.png").write_text("no picture")
    out = tmp_path / "new/rare.png"
    result = call(data, "balance", tmp_path / "in", "-o", out, "-n", 10, "--numbers", 1)
    assert result.exit_code == 0, result.output
    assert "13 samples by 1 principal components" in result.stdout
    assert "rarest: white.png" in result.stdout
    assert "effective number of samples:" in result.stdout
    assert f"written: {out}, {out.with_suffix('.csv')}" in result.stdout
    assert "1 of 14 file(s) were left out" in result.stderr
    assert Image.open(out).size == (8 * (SMALLEST + GAP), 2 * (SMALLEST + GAP + LINE))
    rows = rows_of(out.with_suffix(".csv"))
    assert [row["rank"] for row in rows] == [str(rank) for rank in range(1, 14)]
    assert rows[-1]["file"] == "white.png"
    weights = [float(row["weight"]) for row in rows]
    assert weights == sorted(weights)
    assert sum(weights) == pytest.approx(13, rel=1e-4)


def test_a_models_codes_balance_files_and_prepared_data(data, tmp_path):
    tiny.write_pictures(tmp_path / "in", 5, 20, 24)
    out = tmp_path / "rare.csv"
    assert "5 samples by codes of vae" in written(
        data, "balance", "vae", tmp_path / "in", "-o", out
    )
    assert {row["file"] for row in rows_of(out)} == {f"{number}.png" for number in range(5)}
    arguments = ("balance", "vae", "--data", data / "prepared", "--split", "test")
    said = written(data, *arguments, "-o", tmp_path / "rare.png")
    assert "360 samples by codes of vae" in said
    assert rows_of(tmp_path / "rare.csv")[0]["file"].startswith("digit/")
    mild = written(data, *arguments, "--alpha", 1e6, "-o", tmp_path / "mild.png")
    assert "360.0 of 360 (100.0%)" in mild
    assert "half of all weight is on the rarest 50.0%" in mild


def test_sounds_are_balanced_by_a_model(data, tmp_path):
    for seed in range(3):
        tiny.write_sound(tmp_path / f"in/{seed}.wav", seed)
    said = written(data, "balance", "sound", tmp_path / "in", "-o", tmp_path / "rare.png")
    assert "3 samples by codes of sound" in said


# Probe


@pytest.mark.parametrize(
    ("name", "by"),
    [("vae", "codes of vae"), ("digits", "features of digits"), ("codes", "codes of codes")],
)
def test_features_stand_beside_pixels_and_random_weights(data, name, by):
    arguments = ("--data", data / "prepared", "--limit", 60)
    said = written(data, "probe", name, *arguments)
    assert "10 classes (of the data set); 60 training and 60 test samples" in said
    names = [line[:32].strip() for line in said.splitlines()]
    assert any(line.startswith(by) for line in names)
    assert {"of random weights", "pixels", "commonest class"} <= set(names)
    assert said == written(data, "probe", name, *arguments)


def test_maps_are_pictures_and_tables(data, tmp_path):
    asked = ("probe", "vae", "--data", data / "prepared", "--limit", 40, "--map", "pca")
    for more in ((), ("--thumbnails",)):
        written(data, *asked, "-o", tmp_path / f"map{len(more)}.png", *more)
        assert Image.open(tmp_path / f"map{len(more)}.png").size == (SIDE, SIDE + 2 * LINE)
    written(data, *asked, "--factor", "digit", "-o", tmp_path / "map.csv")
    rows = rows_of(tmp_path / "map.csv")
    assert len(rows) == 40
    assert {row["class"] for row in rows} <= set("0123456789")


# Compression and denoising


def test_bits_stand_beside_jpeg_and_webp(data):
    said = written(data, "compress", "vae", "--data", data / "prepared", "--limit", 50, "--step", 1)
    names = [line[:30].strip().partition(",")[0] for line in said.splitlines()[2:-1]]
    assert names == ["codes", "components", "JPEG", "WebP"]
    said = written(data, "compress", "codes", "--data", data / "prepared", "--limit", 50)
    names = [line[:30].strip().partition(",")[0] for line in said.splitlines()[2:-1]]
    kinds = ["codes of equal length", "codes by their frequencies"]
    assert names == [name for kind in kinds for name in (kind, "JPEG", "WebP")]


def test_denoising_is_said_and_shown(data, tmp_path):
    out = tmp_path / "clean.png"
    arguments = ("--data", data / "prepared", "--limit", 30, "--std", 0.2, "--std", 0.5)
    said = written(data, "denoise", "autoencoder", *arguments, "-o", out)
    for name in ("noisy", "median 3", "autoencoder", "autoencoder of clean"):
        assert sum(line.strip().startswith(f"{name}  ") for line in said.splitlines()) == 2
    assert Image.open(out).size[1] == 4 * (SMALLEST + GAP) - GAP


# Refusals


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("balance", "nowhere"), "no finished model 'nowhere'"),
        (("balance", "vae"), "name a folder of files, or a prepared data set"),
        (("balance", "vae", "in", "--data", "DATA"), "one of them"),
        (("balance", "dcgan", "in"), "it has no encoder; without a model, principal components"),
        (("balance", "vae", "one"), "two files or more are needed, found 1"),
        (("balance", "one"), "two pictures or more are needed, found 1"),
        (("balance", "empty"), "expected files ending in"),
        (("balance", "in", "-o", "x.txt"), "expected a name that ends in"),
        (("balance", "sound", "--data", "DATA"), "name one by --domain (digit)"),
        (("balance", "vae", "--data", "DATA", "--split", "x"), "in split 'x'"),
        (("probe", "dcgan", "--data", "DATA"), "can't give features: it has no encoder"),
        (("probe", "vae", "--data", "in"), "expected a prepared data set"),
        (("probe", "vae", "--data", "DATA", "--factor", "x"), "factors that name classes: digit"),
        (("probe", "vae", "--data", "DATA", "--domain", "x"), "--domain x"),
        (("probe", "vae", "--data", "DATA", "--thumbnails"), "name its file by -o"),
        (("probe", "vae", "--data", "DATA", "-o", "x.gif"), "expected a name that ends in"),
        (("probe", "scenes", "--data", "DATA", "--domain", "digit"), "3 channel(s)"),
        (("probe", "sound", "--data", "DATA", "--domain", "digit"), "reads sound of 1"),
        (("compress", "dcgan", "--data", "DATA"), "neither encodes nor writes codes"),
        (("compress", "sound", "--data", "DATA"), "it reads no pictures"),
        (("compress", "vae", "--data", "DATA", "--step", "0"), "--step: expected more than 0"),
        (("denoise", "dcgan", "--data", "DATA"), "it does not reconstruct"),
        (("denoise", "sound", "--data", "DATA"), "denoise pictures: it reads none"),
        (("denoise", "vae", "--data", "DATA", "--std", "0"), "--std: expected more than 0"),
    ],
)
def test_what_cant_be_done_is_said_in_words(data, in_folder, arguments, words):
    tiny.write_pictures(in_folder / "in", 3, 20, 20)
    tiny.write_picture(in_folder / "one/1.png", 1, 20, 20)
    (in_folder / "empty").mkdir()
    given: list[Any] = [data / "prepared" if part == "DATA" else part for part in arguments]
    assert words in refused(data, *given)
    assert sorted(path.name for path in in_folder.iterdir()) == ["empty", "in", "one"]


# Help


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_examples(command: str) -> None:
    text = CliRunner().invoke(app, [command, "--help"]).output
    assert "Examples:" in text
    assert f"  crossdomain {command}" in text


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from pipeline.cli import app; app(['probe', '--help'], standalone_mode=False);"
        "print([name for name in ('torch', 'numpy', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
