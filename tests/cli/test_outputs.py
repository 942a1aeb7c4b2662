"""Where commands write: never in place of a device, a FIFO or a socket."""

import os
import subprocess
from pathlib import Path

import exported
import pytest
import tiny
from click.testing import Result
from special import KINDS, is_kind
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.cli.app import MODELS, OWN_EVALUATIONS
from pipeline.cli.commands import models as listing_of_models
from pipeline.errors import DEFECT


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data") / "models"
    for name in ("cyclegan", "vae"):
        exported.export_one(root / name, tiny.runs()[name])
    return root


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(*arguments: object) -> str:
    result = call(*arguments)
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.stderr


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "command",
    [
        ("evaluate", "cyclegan", "--data", "own", "-o"),
        ("translate", "cyclegan", "own", "-o"),
        ("translate", "cyclegan", "own/00.png", "-o"),
        ("sample", "vae", "-o"),
        ("plots", "-o"),
    ],
)
def test_no_command_replaces_what_is_no_folder(models, special, in_folder, command, kind):
    tiny.write_picture(in_folder / "own/00.png", 1)
    (in_folder / "dvc.yaml").write_text("{stages: {}, plots: [own/00.png]}")
    out = special(kind)
    where = () if command[0] == "plots" else ("--models", models)
    for place in (out, out / "below"):
        said = refused(*command, place, *where)
        assert f"found a {kind}" in said or "is a file: name a folder" in said
    assert is_kind(out, kind)
    assert sorted(tiny.names_in(in_folder)) == sorted([kind, "dvc.yaml", "own"])


@pytest.mark.parametrize("kind", ["FIFO", "socket"])
@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("translate", "cyclegan", "own/00.png", "-o"), "a.png"),
        (("export", "cyclegan", "-o"), "a.onnx"),
    ],
)
def test_no_command_replaces_what_is_no_file(models, special, in_folder, command, name, kind):
    tiny.write_picture(in_folder / "own/00.png", 1)
    out = special(kind).rename(in_folder / name)
    assert f"found a {kind}" in refused(*command, out, "--models", models)
    assert is_kind(out, kind)


def test_samples_can_be_streamed(models, special, in_folder):
    out = special("FIFO").rename(in_folder / "a.png")
    reader = os.open(out, os.O_RDONLY | os.O_NONBLOCK)
    assert call("sample", "vae", "-n", 1, "-o", out, "--models", models).exit_code == 0
    assert os.read(reader, 8) == b"\x89PNG\r\n\x1a\n"
    os.close(reader)
    assert is_kind(out, "FIFO")


def test_a_folder_of_models_is_none_where_something_else_is(special, tmp_path):
    out = special("FIFO")
    said = refused("import", "junyanz", tmp_path / "x.pth", "--name", "a", "--models", out)
    assert f"expected a folder at {out}, found a FIFO" in said
    said = refused("fetch", "facades", "--out", out / "facades")
    assert f"expected a folder at {out}, found a FIFO" in said
    assert is_kind(out, "FIFO")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no /proc here")
@pytest.mark.parametrize(
    "command",
    [
        ("evaluate", "cyclegan", "--data", "own", "-o", "/proc/x"),
        ("translate", "cyclegan", "own", "-o", "/proc/x"),
        ("sample", "vae", "-n", "1", "-o", "/proc/x"),
        ("sample", "vae", "-n", "1", "-o", "/proc/x.png"),
        ("export", "cyclegan", "-o", "/proc/x/y.onnx"),
    ],
)
def test_where_nothing_can_be_created_the_folder_is_named(models, in_folder, command):
    tiny.write_pictures(in_folder / "own", 2)
    said = refused(*command, "--models", models)
    assert "in /proc: nothing can be created there" in said


def test_a_defect_has_a_code_of_its_own(models, monkeypatch):
    """And a traceback, unlike what the user can put right."""

    def fail(_: Path) -> str:
        raise ValueError("nobody foresaw this")

    monkeypatch.setattr(listing_of_models, "table", fail)
    result = call("models", "--models", models)
    assert result.exit_code == DEFECT == 70
    assert "ValueError: nobody foresaw this" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("this is a defect of crossdomain")
    assert call("translate", "none", "x", "-o", "y", "--models", models).exit_code == 1
    assert call("translate").exit_code == 2
    assert call("none").exit_code == 2
    assert call("--version").exit_code == 0
    assert call("--help").exit_code == 0
    assert f" {DEFECT} a defect" in " ".join(call("--help").output.split())


@pytest.mark.parametrize("folder", [".", "recipes/zoo"])
def test_what_commands_write_by_default_is_no_file_of_the_project(folder):
    if not (tiny.ROOT / ".git").exists():
        pytest.skip("no checkout")
    written = (
        OWN_EVALUATIONS / "cyclegan-own/results.json",
        MODELS / "facades/params.json",
        "samples.png",
        "cyclegan-to-zebra.onnx",
        "dvc_plots/index.html",
        "data/sweep.png",
        "data/sweep.tsv",
        "data/raw/facades/a.png",
    )
    paths = [f"{folder}/{path}" for path in written]
    git = ["git", "-C", str(tiny.ROOT)]
    found = subprocess.run([*git, "check-ignore", *paths], capture_output=True, text=True)
    assert found.stdout.split() == paths
    tracked = ["ls-files", "--cached", "--ignored", "--exclude-standard"]
    assert not subprocess.run([*git, *tracked], capture_output=True, check=True).stdout
