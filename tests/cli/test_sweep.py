"""Experiments as DVC tells of them, as a table and a plot."""

import subprocess
from pathlib import Path

import commands
import pytest
from PIL import Image
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.cli.commands import sweep

ARGUMENTS = ["sweep", "vae", "latent", "reconstruction.mse", "--out", "sweeps/latent"]


@pytest.fixture
def experiments(in_folder, monkeypatch):
    """Stands in for DVC: a commit and its experiments, by latent size and error."""

    def use(*points: tuple[int, float | None], group: str = "models") -> None:
        errors = dict(points)
        first, *others = (revision(latent, group) for latent, _ in points)
        groups = [{"revs": [other]} for other in others]
        found = [revision(999, group), {**first, "experiments": groups}]

        def results(rev: str, file: Path) -> dict:
            assert file == Path("data/evaluation/vae/results.json")
            mse = errors[int(rev)]
            rows = {"model": mse, "mean_picture": 0.25}
            metrics = {} if mse is None else {"mse": {"values": rows}}
            return {
                "tasks": {"reconstruction": metrics}
            }  # without a metric where the experiment failed

        monkeypatch.setattr(sweep, "experiments", lambda: found)
        monkeypatch.setattr(sweep, "results", results)
        monkeypatch.setattr(sweep, "below_root", Path)

    return use


def revision(latent: int, group: str) -> dict:
    params = {"params.yaml": {"data": {group: {"vae": {"latent": latent}}}}}
    return {"rev": str(latent), "data": {"params": params}, "experiments": None}


def test_points_come_in_the_order_of_the_parameter(experiments):
    experiments((16, 0.02), (64, 0.01), (2, 0.2), (5, 0.1), (7, None))
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 0, result.output
    lines = Path("sweeps/latent.tsv").read_text().splitlines()
    assert lines == [
        "latent\tmodel\tmean_picture",
        "2\t0.2\t0.25",
        "5\t0.1\t0.25",
        "16\t0.02\t0.25",
        "64\t0.01\t0.25",
    ]
    assert Image.open("sweeps/latent.png").size[0] > 300


def test_a_name_with_a_dot_is_kept(experiments):
    experiments((2, 0.2), (5, 0.1))
    result = CliRunner().invoke(app, [*ARGUMENTS[:-1], "sweeps/beta_0.5"])
    assert result.exit_code == 0, result.output
    assert {path.name for path in Path("sweeps").iterdir()} == {"beta_0.5.tsv", "beta_0.5.png"}


def test_models_of_the_second_stage_are_swept_too(experiments):
    experiments((2, 0.2), (5, 0.1), group="second_stage")
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 0, result.output
    lines = Path("sweeps/latent.tsv").read_text().splitlines()
    assert lines == ["latent\tmodel\tmean_picture", "2\t0.2\t0.25", "5\t0.1\t0.25"]
    experiments((2, 0.2), group="second_stage")
    said = CliRunner().invoke(app, ARGUMENTS).stderr
    assert "-S 'second_stage.vae.latent=2,5,16,64' evaluate_second_stage@vae" in said


@pytest.mark.parametrize("points", [[(16, 0.1)], [(16, 0.1), (16, 0.1)], [(16, None), (2, None)]])
def test_a_sweep_needs_two_values(experiments, points):
    experiments(*points)
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 1
    assert "-S 'models.vae.latent=2,5,16,64'" in result.stderr
    assert not Path("sweeps").exists()


def test_a_folder_without_dvc_is_told_so(in_folder):
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 1
    assert "dvc exp show failed" in result.stderr


STAGES = """
stages:
  evaluate:
    cmd: mkdir -p data/evaluation/vae && sh write.sh > data/evaluation/vae/results.json
    params: [models.vae.latent]
    deps: [write.sh]
    outs: [data/evaluation/vae]
"""
WRITE = """
latent=$(grep latent params.yaml | tr -dc 0-9)
echo '{"tasks": {"reconstruction": {"mse": {"values": {"model": '0.$latent'}}}}}'
"""


def test_results_come_out_of_dvcs_cache_below_the_root(in_folder, monkeypatch):
    folder = in_folder / "recipes/mine"
    folder.mkdir(parents=True)
    (folder / "dvc.yaml").write_text(STAGES)
    (folder / "write.sh").write_text(WRITE)
    (folder / "params.yaml").write_text("models:\n  vae:\n    latent: 2\n")
    (in_folder / ".dvc").mkdir()
    (in_folder / ".dvc/config").write_text("[core]\n    analytics = false\n")
    monkeypatch.chdir(folder)
    subprocess.run(["git", "init", "-q", "../.."], check=True)
    for key, value in (("user.name", "a"), ("user.email", "a@b")):
        subprocess.run(["git", "config", key, value], check=True)
    commands.dvc(folder, "repro")
    subprocess.run(["git", "add", "-A", "../.."], check=True)
    subprocess.run(["git", "commit", "-q", "-m", "first"], check=True)
    commands.dvc(folder, "exp", "run", "-q", "-S", "models.vae.latent=3")
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 0, result.output
    lines = Path("sweeps/latent.tsv").read_text().splitlines()
    assert lines == ["latent\tmodel", "2\t0.2", "3\t0.3"]
