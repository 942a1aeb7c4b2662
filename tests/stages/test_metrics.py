"""The committed headline numbers, as `dvc metrics` prints them, fit a terminal."""

import json
import shutil
import subprocess
from pathlib import Path

import commands
import pytest
import shipped
import tiny

WIDTH = 140


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A repository with the stages and metrics of the root and of two recipes, committed."""
    folder = tmp_path_factory.mktemp("project")
    for below in ("", "recipes/zoo", "recipes/gans"):
        shutil.copytree(tiny.ROOT / below / "data/metrics", folder / below / "data/metrics")
        shipped.copy_run(tiny.ROOT / below, folder / below)
    (folder / ".dvc").mkdir()
    shutil.copy(tiny.ROOT / ".dvc/config", folder / ".dvc/config")
    author = ("-c", "user.name=a", "-c", "user.email=a@b")
    for command in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


def lines(folder: Path, *command: str) -> list[str]:
    """Run a command of `dvc metrics`; return the lines that it prints."""
    return commands.dvc(folder, "metrics", *command).splitlines()


def test_all_models_fit_beside_each_other(project):
    shown = lines(project, "show")
    metrics = list(project.rglob("data/metrics/*.json"))
    assert len(shown) == 1 + len(metrics)
    assert max(map(len, shown)) <= WIDTH


def test_models_of_a_kind_have_the_same_columns():
    columns, zoo, gans = (
        {path.stem: list(json.loads(path.read_text())) for path in folder.glob("*.json")}
        for folder in (
            tiny.ROOT / "data/metrics",
            tiny.ROOT / "recipes/zoo/data/metrics",
            tiny.ROOT / "recipes/gans/data/metrics",
        )
    )
    assert columns["cyclegan"] == columns["pix2pix"] + ["fd", "fd_vs"]  # labels have no classifier
    assert columns["pix2pix"] == ["psnr", "psnr_vs", "kd", "kd_vs"]
    assert columns["voice_inca"] == ["sim", "mos", "mcd"]
    assert columns["dcgan"] == ["kd", "kd_vs", "fd", "fd_vs"]
    assert columns["vae"] == ["mse", *columns["dcgan"]]
    alike = {
        "pix2pix": ("pix2pix_edges", "pix2pix_vqgan", "spade"),
        "cyclegan": ("cut", "cyclegan_vae", "cyclegan_vqgan"),
        "voice_inca": ("voice_mask_cyclegan", "voice_cyclegan_vae"),
        "dcgan": ("wgan_gp", "cgan", "stylegan2_scenes", "code_prior"),
        "vae": ("beta_vae", "vqvae", "vqgan", "autoencoder"),
    }
    recipes = zoo | gans
    for name, others in alike.items():
        found = {other: recipes[other] for other in others}
        assert found == dict.fromkeys(others, columns[name])


def test_all_changes_fit(project):
    for path in project.rglob("data/metrics/*.json"):
        content = {name: value + 1.2345 for name, value in json.loads(path.read_text()).items()}
        path.write_text(json.dumps(content))
    shown = lines(project, "diff")
    assert len(shown) > len(list(project.rglob("data/metrics/*.json")))
    assert max(map(len, shown)) <= WIDTH
