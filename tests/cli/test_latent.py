"""Commands about latents: what they write, of every kind of model, and how they refuse."""

import csv
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import exported
import numpy as np
import pytest
import soundfile
import tiny
import torch
from click.testing import Result
from PIL import Image
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.codecs import PointCodec
from pipeline.figures import GAP, SMALLEST, grid
from pipeline.inference.finished import export, load
from pipeline.inference.sampling import SILENCE, draw_samples
from pipeline.methods.registry import build_from_card
from pipeline.models.card import Card
from pipeline.samples import DatasetSpec

CELL = SMALLEST + GAP
RATE, HOP = tiny.CONVENTION.rate, tiny.CONVENTION.hop


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Toys of pictures, of sound and of points, and classifiers in a folder beside them."""
    root = tmp_path_factory.mktemp("data")
    runs = tiny.runs()
    for name in ("vae", "dcgan", "biggan", "stylegan2", "autoencoder", "cyclegan", "code_prior"):
        exported.export_one(root / "models" / name, runs[name])
    sound = {"data": "voices", "domains": ("arthur",), "crop": tiny.SIDE}
    exported.export_one(root / "models/sound", tiny.shrink(runs["vae"], **sound))
    for name in ("digits", "voices"):
        exported.export_one(root / "classifiers" / name, runs[f"classifier_{name}"])
    export_points(root / "models/points")
    return root / "models"


def export_points(folder: Path) -> None:
    """Writes a GAN of points with fresh weights."""
    mlp = {"kind": "mlp", "width": 8, "layers": 2}
    run = tiny.shrink(tiny.runs()["dcgan"], domains=("point",), generator=mlp, discriminator=mlp)
    codec = PointCodec(dims={"point": 2})
    data = DatasetSpec(specs={"point": codec.spec("point")})
    card = Card(version="", seed=0, data=data, run=run.model_dump(mode="json"), weights="")
    torch.manual_seed(0)
    export(folder, build_from_card(card), params=run, data=data, codec=codec, seed=1)


def call(models: Path, *arguments: object) -> Result:
    words = [*map(str, arguments), "--models", str(models)]
    return CliRunner().invoke(app, words)


def written(models: Path, *arguments: object) -> str:
    result = call(models, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(models: Path, *arguments: object) -> str:
    result = call(models, *arguments)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.stderr


def picture(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def digit(path: Path, seed: int = 1) -> Path:
    tiny.write_picture(path, seed, 20, 24)
    return path


# Interpolation


@pytest.mark.parametrize("name", ["vae", "dcgan", "stylegan2"])
def test_a_way_begins_and_ends_at_the_samples_of_its_seeds(models, tmp_path, name):
    out = tmp_path / "way.png"
    said = written(models, "interpolate", name, 3, 8, "-n", 4, "-o", out)
    assert f"4 samples of {name} from 3 to 8" in said
    shown = picture(out)
    assert shown.shape == (SMALLEST, 4 * CELL - GAP, 3)
    # Noise inputs of sampling are drawn; of ways they are those that the model keeps.
    options = {"noise": 2.0} if name == "stylegan2" else None
    for seed, left in ((3, 0), (8, 3 * CELL)):
        (sample,) = draw_samples(load(models / name), 1, seed, options=options)
        difference = grid([sample]).astype(int) - shown[:, left : left + SMALLEST]
        assert np.abs(difference).max() <= 1


def test_without_ends_the_way_leads_from_one_seed_to_the_next(models, tmp_path):
    for name, arguments in (("default", ("--seed", 4)), ("named", (4, 5))):
        written(models, "interpolate", "vae", *arguments, "-o", tmp_path / f"{name}.png")
    made = tiny.tree(tmp_path)
    assert made["default.png"] == made["named.png"]


def test_a_film_leads_there_and_back(models, tmp_path):
    written(models, "interpolate", "vae", 1, 2, 3, "-n", 7, "-o", tmp_path / "way.gif")
    with Image.open(tmp_path / "way.gif") as film:
        assert film.n_frames == 12  # pillow joins none of these
        assert film.size == (SMALLEST, SMALLEST)
        assert film.info["loop"] == 0
    av = pytest.importorskip("av")
    written(models, "interpolate", "vae", 1, 2, "-n", 3, "-o", tmp_path / "way.mp4")
    with av.open(tmp_path / "way.mp4") as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == 4
    assert frames[0].shape == (SMALLEST, SMALLEST, 3)
    (sample,) = draw_samples(load(models / "vae"), 1, 1)
    assert np.abs(frames[0].astype(int) - grid([sample])).mean() < 8


def test_without_its_package_mp4_is_refused_and_gif_offered(models, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    out = tmp_path / "way.mp4"
    said = refused(models, "interpolate", "vae", "-n", 2, "-o", out)
    assert "mp4 needs the package av" in said
    assert "name a .gif file" in said
    assert not out.exists()


def test_a_class_is_held(models, tmp_path):
    said = written(models, "interpolate", "biggan", "-n", 2, "-o", tmp_path / "first.png")
    assert "of the first class" in said
    for label in (0, 3):
        out = tmp_path / f"{label}.png"
        written(models, "interpolate", "biggan", "-n", 2, "--class", label, "-o", out)
    made = tiny.tree(tmp_path)
    assert made["first.png"] == made["0.png"] != made["3.png"]


def test_draws_are_truncated(models, tmp_path):
    for name, truncated in (("vae", ("--truncation", 0.1)), ("stylegan2", ("--psi", 0.5))):
        for ending, options in (("plain", ()), ("near", truncated)):
            out = tmp_path / f"{name}_{ending}.csv"
            written(models, "interpolate", name, "-n", 2, "-o", out, *options)
    sizes = {
        path.stem: max(
            abs(float(value))
            for row in rows_of(path)
            for name, value in row.items()
            if re.fullmatch(r"[zw]\d+", name)
        )
        for path in tmp_path.iterdir()
    }
    assert sizes["vae_near"] <= 0.1 < sizes["vae_plain"]
    assert sizes["stylegan2_near"] < sizes["stylegan2_plain"]


# Files


@pytest.mark.parametrize("name", ["vae", "autoencoder"])
def test_files_are_encoded_where_there_is_an_encoder(models, tmp_path, name):
    first, second = digit(tmp_path / "a.png"), digit(tmp_path / "b.png", 2)
    out = tmp_path / "way.png"
    result = call(models, "interpolate", name, first, second, "-n", 3, "-o", out)
    assert result.exit_code == 0, result.output
    assert "inverting" not in result.stderr
    assert picture(out).shape == (SMALLEST, 3 * CELL - GAP, 3)


def test_files_are_searched_for_where_there_is_none(models, tmp_path):
    first = digit(tmp_path / "a.png")
    out = tmp_path / "way.png"
    result = call(models, "interpolate", "dcgan", first, 4, "-n", 3, "--steps", 3, "-o", out)
    assert result.exit_code == 0, result.output
    assert "inverting 1 sample(s): 3/3 steps" in result.stderr
    (sample,) = draw_samples(load(models / "dcgan"), 1, 4)
    last = picture(out)[:, 2 * CELL :]
    assert np.abs(grid([sample]).astype(int) - last).max() <= 1


def test_what_was_inverted_is_where_others_start(models, tmp_path):
    files = [digit(tmp_path / f"{seed}.png", seed) for seed in (1, 2)]
    for name, kind, columns in (("dcgan", "z", 4), ("stylegan2", "w+", None)):
        table = tmp_path / f"{name}.csv"
        invert = ("invert", name, *files, "--steps", 2, "--starts", 2, "--space", kind)
        said = written(models, *invert, "-o", table)
        first, second = rows_of(table)
        assert f"{files[0]}: distance {float(first['distance']):.5f}" in said
        assert first["file"] == str(files[0])
        assert columns is None or len(first) == 2 + columns
        assert first != second
        out = tmp_path / f"{name}.png"
        written(models, "interpolate", name, table, "--space", kind, "-n", 3, "-o", out)
        again = tmp_path / f"{name}_again.csv"
        written(models, "interpolate", name, table, "--space", kind, "-n", 2, "-o", again)
        kept = rows_of(again)
        for name_of, value in first.items():
            if name_of not in ("file", "distance"):
                assert float(kept[0][name_of]) == pytest.approx(float(value), abs=1e-6)


def test_an_inversion_is_shown_below_what_it_is_of(models, tmp_path):
    file = digit(tmp_path / "a.png")
    classifier = ("--classifier", models.parent / "classifiers/digits")
    out = tmp_path / "inverted.png"
    written(models, "invert", "vae", file, file, "--steps", 2, "-o", out, *classifier)
    assert picture(out).shape == (2 * CELL - GAP, 2 * CELL - GAP, 3)


# Traversal


@pytest.mark.parametrize("by", ["axes", "sefa", "pca"])
@pytest.mark.parametrize("name", ["vae", "dcgan", "biggan", "stylegan2"])
def test_each_direction_is_a_row(models, tmp_path, name, by):
    out = tmp_path / "axes.png"
    arguments = ("--by", by, "--directions", 2, "-n", 3, "-o", out)
    assert f"{name} from 6 along 2" in written(models, "traverse", name, 6, *arguments)
    shown = picture(out)
    assert shown.shape == (2 * CELL - GAP, 3 * CELL - GAP, 3)
    middle = shown[:SMALLEST, CELL : CELL + SMALLEST]
    assert np.array_equal(middle, shown[CELL:, CELL : CELL + SMALLEST])
    assert not np.array_equal(middle, shown[:SMALLEST, :SMALLEST])


def test_layers_are_moved_alone(models, tmp_path):
    arguments = ("traverse", "stylegan2", "--by", "pca", "--directions", 1, "-n", 2)
    layers = load(models / "stylegan2").model.layers
    for name, chosen in (("all", ()), ("same", ("--layers", f"0-{layers - 1}")), ("one", (0,))):
        some = ("--layers", *chosen) if chosen == (0,) else chosen
        written(models, *arguments, *some, "-o", tmp_path / f"{name}.png")
    made = {path.stem: picture(path).astype(int) for path in tmp_path.iterdir()}
    assert np.abs(made["all"] - made["same"]).max() <= 1
    assert np.abs(made["all"] - made["one"]).max() > 1


def test_an_autoencoder_is_moved_from_a_file(models, tmp_path):
    file = digit(tmp_path / "a.png")
    for by in ("axes", "sefa"):
        out = tmp_path / f"{by}.png"
        written(models, "traverse", "autoencoder", file, "--by", by, "--directions", 2, "-o", out)
        assert picture(out).shape[0] == 2 * CELL - GAP


# Edits


@pytest.mark.parametrize("by", ["linear", "gradient", "arithmetic"])
@pytest.mark.parametrize(
    ("name", "space"), [("vae", "z"), ("stylegan2", "w"), ("stylegan2", "w+"), ("biggan", "z")]
)
def test_samples_are_moved_towards_a_class(models, tmp_path, name, space, by):
    out = tmp_path / "edit.png"
    classifier = models.parent / "classifiers/digits"
    arguments = ("--classifier", classifier, "--towards", 3, "--by", by, "--draws", 100)
    more = ("--hold", 4, "--space", space, "-n", 3, "-o", out)
    said = written(models, "edit", name, 1, 2, *arguments, *more)
    assert picture(out).shape == (2 * CELL - GAP, 3 * CELL - GAP, 3)
    assert re.search(r"^1: probability of 3 0\.\d+ -> [01]\.\d+$", said, re.MULTILINE)
    assert re.search(r"^3 .* 1\.00$", said, re.MULTILINE)
    assert ("plane of 3" in said) == (by == "linear")


def test_the_table_says_what_else_changes(models, tmp_path):
    out = tmp_path / "changes.csv"
    classifier = models.parent / "classifiers/digits"
    arguments = ("--classifier", classifier, "--towards", 7, "--hold", 3, "--hold", 5)
    written(models, "edit", "vae", *arguments, "--draws", 200, "-o", out)
    rows = rows_of(out)
    assert [row["class"] for row in rows] == list("0123456789")
    assert float(rows[7]["per_unit"]) == 1
    assert float(rows[7]["after"]) > float(rows[7]["before"])


def test_what_was_inverted_is_edited(models, tmp_path):
    """Of one w for all layers, and of one for each, by a direction of w."""
    classifier = models.parent / "classifiers/digits"
    asked = ("--classifier", classifier, "--towards", 3, "--draws", 100, "-n", 3)
    for space in ("w", "w+"):
        table, out = tmp_path / f"{space}.csv", tmp_path / "new/edit.png"
        file = digit(tmp_path / "a.png")
        invert = ("invert", "stylegan2", file, file, "--steps", 2, "--space", space, "-o", table)
        written(models, *invert)
        for by in ("linear", "arithmetic"):
            said = written(models, "edit", "stylegan2", table, *asked, "--by", by, "-o", out)
            assert "sample 1: probability of 3" in said
            assert picture(out).shape == (2 * CELL - GAP, 3 * CELL - GAP, 3)


def test_an_autoencoder_is_edited_by_gradients(models, tmp_path):
    file, out = digit(tmp_path / "a.png"), tmp_path / "edit.png"
    classifier = models.parent / "classifiers/digits"
    arguments = ("edit", "autoencoder", file, "--classifier", classifier, "--towards", 7)
    written(models, *arguments, "--by", "gradient", "-n", 3, "-o", out)
    assert picture(out).shape == (SMALLEST, 3 * CELL - GAP, 3)
    assert "none can be drawn" in refused(models, *arguments, "-o", out)


# Sound and points


def test_the_way_between_sounds_can_be_heard_and_seen(models, tmp_path):
    tiny.write_sound(tmp_path / "a.wav", 1)
    said = written(models, "interpolate", "sound", tmp_path / "a.wav", 2, "-n", 3, "-o", "x.csv")
    assert "x.csv" in said
    Path("x.csv").unlink()
    out = tmp_path / "way.wav"
    written(models, "interpolate", "sound", tmp_path / "a.wav", 2, "-n", 3, "-o", out)
    wave, rate = soundfile.read(out)
    assert rate == RATE
    assert len(wave) == 3 * tiny.SIDE * HOP + 2 * round(SILENCE * RATE)
    assert np.isfinite(wave).all()
    written(models, "traverse", "sound", "--directions", 2, "-n", 3, "-o", tmp_path / "axes.png")
    assert picture(tmp_path / "axes.png").shape == (2 * CELL - GAP, 3 * CELL - GAP, 3)
    written(models, "traverse", "sound", "--directions", 2, "-n", 3, "-o", tmp_path / "axes.wav")
    wave, _ = soundfile.read(tmp_path / "axes.wav")
    assert len(wave) == 6 * tiny.SIDE * HOP + 5 * round(SILENCE * RATE)


def test_a_sound_is_moved_towards_a_speaker(models, tmp_path):
    out = tmp_path / "edit.wav"
    asked = ("--classifier", models.parent / "classifiers/voices", "--towards", "beatrice")
    said = written(models, "edit", "sound", 3, *asked, "--draws", 100, "-n", 2, "-o", out)
    assert "3: probability of beatrice" in said
    wave, _ = soundfile.read(out)
    assert len(wave) == 2 * tiny.SIDE * HOP + round(SILENCE * RATE)


def test_a_sound_is_inverted(models, tmp_path):
    tiny.write_sound(tmp_path / "a.wav", 1)
    arguments = ("invert", "sound", tmp_path / "a.wav", "--steps", 2)
    written(models, *arguments, "-o", tmp_path / "out.wav")
    assert len(soundfile.read(tmp_path / "out.wav")[0]) == tiny.SIDE * HOP


def test_points_are_drawn_on_a_map_and_written_with_coordinates(models, tmp_path):
    written(models, "interpolate", "points", 0, 1, "-n", 5, "-o", tmp_path / "way.png")
    assert picture(tmp_path / "way.png").shape == (240, 240, 3)
    written(models, "interpolate", "points", 0, 1, "-n", 5, "-o", tmp_path / "way.csv")
    rows = rows_of(tmp_path / "way.csv")
    (point,) = draw_samples(load(models / "points"), 1, 1)
    found = [float(rows[4][name]) for name in ("x0", "x1")]
    assert found == pytest.approx(point.flatten().tolist(), abs=1e-5)
    (tmp_path / "point.csv").write_text(f"{found[0]},{found[1]}\n")
    said = written(
        models, "invert", "points", tmp_path / "point.csv", "--steps", 60, "-o", tmp_path / "z.csv"
    )
    assert float(rows_of(tmp_path / "z.csv")[0]["distance"]) < 1e-3
    assert "distance 0.000" in said
    written(models, "traverse", "points", "--directions", 2, "-n", 4, "-o", tmp_path / "way.gif")
    with Image.open(tmp_path / "way.gif") as film:
        assert film.n_frames == 6


# Refusals


CLASSIFIER = "CLASSIFIER"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("interpolate", "cyclegan"), "'cyclegan' can't move through latents"),
        (("interpolate", "code_prior"), "'code_prior' can't move through latents"),
        (("interpolate", "vae", "--class", "3"), "sample a class: it was trained without"),
        (("interpolate", "biggan", "--class", "x"), "knows no class 'x'"),
        (("interpolate", "vae", "--psi", "0.5"), "'vae' takes no psi"),
        (("interpolate", "stylegan2", "--truncation", "1"), "takes no truncation"),
        (("interpolate", "autoencoder", "--psi", "1"), "can't draw samples, so it takes no psi"),
        (("interpolate", "autoencoder", "1", "2"), "none can be drawn"),
        (("interpolate", "vae", "--space", "w"), "it has no styles"),
        (("interpolate", "vae", "--space", "y"), "allowed: z, w, w+, code"),
        (("interpolate", "vae", "1"), "two seeds or files to go between, or more, found 1"),
        (("interpolate", "vae", "1", "nowhere.png"), "nowhere.png: expected a seed"),
        (("interpolate", "vae", "1", "text.png"), "text.png: not a picture"),
        (("interpolate", "vae", "1", "9" * 30), "seeds are less than 2^63"),
        (("interpolate", "vae", "-o", "way.wav"), "vae makes pictures, so name a .png file"),
        (("interpolate", "sound", "-o", "way.txt"), "ends in .jpg"),
        (("interpolate", "vae", "--vocoder", "sound"), "leave it out, or name a .wav file"),
        (("interpolate", "vae", "1", "z9.csv"), "holds latents of z, [2]"),
        (("interpolate", "stylegan2", "1", "z9.csv"), "the space is w"),
        (("interpolate", "vae", "1", "bad.csv"), "not a table of latents"),
        (("interpolate", "points", "1", "plain.csv"), "expected one row of 2 numbers"),
        (("traverse", "vae", "--layers", "0"), "has no styles whose layers"),
        (("traverse", "stylegan2", "--layers", "0-x"), "expected numbers and ranges"),
        (("traverse", "stylegan2", "--by", "sefa", "--layers", "99"), "none of these layers"),
        (("traverse", "stylegan2", "--by", "pca", "--layers", "99"), "layers from 0 to"),
        (("traverse", "stylegan2", "--by", "sefa", "--space", "z"), "no affine layer takes z"),
        (("edit", "vae", "--towards", "x", *("--classifier", CLASSIFIER)), "the classifier knows"),
        (
            ("edit", "vae", "--towards", "7", "--hold", "7", "--classifier", CLASSIFIER),
            "it is the class to move towards",
        ),
        (
            ("edit", "sound", "--towards", "7", "--classifier", CLASSIFIER),
            "reads pictures of 1 channel(s), but sound makes sound of 1",
        ),
        (("invert", "vae", "nowhere.png"), "nowhere.png"),
        (("invert", "cyclegan", "text.png"), "can't move through latents"),
    ],
)
def test_what_cant_be_done_is_said_in_words(models, in_folder, arguments, words):
    (in_folder / "text.png").write_text("no picture")
    (in_folder / "z9.csv").write_text("z0,z1\n1,2\n")
    (in_folder / "bad.csv").write_text("z0,z1\n1,x\n")
    (in_folder / "plain.csv").write_text("1,2,3\n")
    classifier = models.parent / "classifiers/digits"
    given: list[Any] = [classifier if part == CLASSIFIER else part for part in arguments]
    out = () if "-o" in arguments else ("-o", "out.png")
    assert words in refused(models, *given, *out)
    assert not (in_folder / "out.png").exists()


def test_a_classifier_is_what_an_edit_asks(models, tmp_path):
    arguments = ("edit", "vae", "--towards", "7", "-o", tmp_path / "out.png")
    said = refused(models, *arguments, "--classifier", models / "vae")
    assert "'vae' can't classify" in said
    assert "no params.json there" in refused(models, *arguments, "--classifier", tmp_path)


# Help


@pytest.mark.parametrize("command", ["interpolate", "traverse", "edit", "invert"])
def test_each_command_explains_itself_with_examples(command: str) -> None:
    text = CliRunner().invoke(app, [command, "--help"]).output
    assert "Examples:" in text
    assert f"  crossdomain {command}" in text
    assert "--truncation" in text


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from pipeline.cli import app; app(['edit', '--help'], standalone_mode=False);"
        "print([name for name in ('torch', 'numpy', 'PIL') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
