"""Samplers of points are measured by distance and modes, and looked at together."""

import numpy as np
import pytest
import torch
from PIL import Image
from trainers import trained

from pipeline.datasets.points import DOMAIN, PointsParams
from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.evaluation import Networks, evaluate
from pipeline.evaluation.headline import headline
from pipeline.evaluation.loading import load_networks
from pipeline.figures import MAP, draw_points
from pipeline.inference.sampling import sample_grid, sample_waves
from pipeline.methods.registry import load_run

NETWORK = {"kind": "mlp", "width": 8, "layers": 1}
RUN = {"data": "points", "domains": [DOMAIN], "steps": 2, "batch": 8, "latent": 2}
GAN = {**RUN, "method": "gan", "generator": NETWORK, "discriminator": NETWORK}
VAE = {**RUN, "method": "vae", "encoder": NETWORK, "decoder": NETWORK}


def store_of(shape: str, root) -> Store:
    prepare(PointsParams(shape=shape, train=300, test=200), root / "store", workers=1)
    return Store(root / "store")


@pytest.mark.parametrize(("shape", "run"), [("ring", GAN), ("line", VAE), ("uniform", GAN)])
def test_points_are_measured(shape, run, tmp_path):
    store = store_of(shape, tmp_path)
    finished = trained(load_run(run), store, tmp_path / "model")
    results = evaluate(finished, store, Networks(), tmp_path / "out")
    measured = results.tasks["samples"]
    distances = measured["sliced_w1"].values
    assert distances.keys() == {"model", "noise", "gaussian", "untrained", "test_points"}
    assert min(distances, key=distances.__getitem__) == "test_points"
    assert results.verdicts["samples"].metric == "sliced_w1"
    assert headline(results)["w1"] == pytest.approx(distances["model"], rel=1e-3)
    picture = np.asarray(Image.open(tmp_path / "out/samples.png"))
    assert picture.shape == (MAP, MAP, 3)
    if shape == "uniform":
        assert {found.metric for found in results.missing} == {"modes_covered", "high_quality"}
        return
    modes = {"ring": 8, "line": 3}[shape]
    assert measured["modes_covered"].values["test_points"] == modes
    assert measured["modes_covered"].protocol["of"] == modes
    assert measured["high_quality"].values["test_points"] > 0.95
    if run is VAE:
        assert "elbo" in results.tasks["likelihood"]


def test_no_network_is_loaded_for_points(tmp_path):
    assert load_networks(store_of("line", tmp_path).codec) == Networks(
        missing={"classifier": "there is no classifier of this data"}
    )


def test_samples_are_drawn_on_one_map(tmp_path):
    finished = trained(load_run(GAN), store_of("ring", tmp_path), tmp_path / "model")
    assert sample_grid(finished, 20, seed=0).shape == (MAP, MAP, 3)
    with pytest.raises(Exception, match="it samples points, so name a"):
        next(sample_waves(finished, 1, seed=0))


def test_a_map_has_the_second_axis_upwards():
    real, samples = torch.tensor([[-1.0, -1.0]]), torch.tensor([[1.0, 1.0]])
    field = torch.arange(4) / 3  # 0 at (-, -), 1/3 at (-, +), 2/3 at (+, -), 1 at (+, +)
    plain = draw_points(real, samples, 2.0).astype(int)
    quarter = MAP // 4
    red, grey = plain[quarter, 3 * quarter], plain[3 * quarter, quarter]
    assert red[0] > red[2] + 80
    assert np.ptp(grey) < 30
    assert grey.max() < 200
    coloured = draw_points(real[:0], samples[:0], 2.0, field).astype(int)
    assert coloured[5, -5, 2] > coloured[5, -5, 0]  # blue where it says real
    assert coloured[-5, 5, 0] > coloured[-5, 5, 2]


def test_points_beyond_the_map_are_left_out():
    gone = torch.tensor([[9.0, 0.0], [float("nan"), 0.0]])
    empty = draw_points(gone[:0], gone[:0], 1.0)
    np.testing.assert_array_equal(draw_points(gone[:0], gone, 1.0), empty)


def test_a_line_is_drawn_as_histograms_with_the_discriminators_curve():
    real, samples = torch.linspace(-1, 1, 100)[:, None], torch.zeros(50, 1)
    curve = draw_points(real, samples, 2.0, torch.ones(64)).astype(int)
    assert curve.shape == (MAP, MAP, 3)
    assert curve[0, 5, 2] > curve[0, 5, 0] + 60  # at the top: D is 1
