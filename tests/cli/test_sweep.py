"""Experiments as `dvc exp show --json` tells of them, as a table and a plot."""

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.cli.commands import sweep

ARGUMENTS = ["sweep", "vae", "latent", "reconstruction.mse", "--out", "sweeps/latent"]


def revision(latent: int, mse: float | None) -> dict:
    """One revision's data; without a metric where the experiment failed."""
    metrics = {} if mse is None else {"mse": {"model": mse, "mean_picture": 0.25}}
    return {
        "params": {"params.yaml": {"data": {"models": {"vae": {"latent": latent}}}}},
        "metrics": {"data/metrics/vae.json": {"data": {"reconstruction": metrics}}},
    }


def shown(*points: tuple[int, float | None]) -> list[dict]:
    """The workspace, a commit, and its experiments."""
    first, *others = ({"data": revision(*point), "experiments": None} for point in points)
    groups = [{"revs": [other]} for other in others]
    return [{"data": revision(999, 9.0), "experiments": None}, {**first, "experiments": groups}]


def test_points_come_in_the_order_of_the_parameter(in_folder, monkeypatch):
    found = shown((16, 0.02), (64, 0.01), (2, 0.2), (5, 0.1), (7, None))
    monkeypatch.setattr(sweep, "experiments", lambda: found)
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


@pytest.mark.parametrize("points", [[(16, 0.1)], [(16, 0.1), (16, 0.2)], [(16, None), (2, None)]])
def test_a_sweep_needs_two_values(in_folder, monkeypatch, points):
    monkeypatch.setattr(sweep, "experiments", lambda: shown(*points))
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 1
    assert "-S 'models.vae.latent=2,5,16,64'" in result.stderr
    assert not Path("sweeps").exists()


def test_a_folder_without_dvc_is_told_so(in_folder):
    result = CliRunner().invoke(app, ARGUMENTS)
    assert result.exit_code == 1
    assert "dvc exp show failed" in result.stderr
