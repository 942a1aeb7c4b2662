"""What the lab's trainings show, by the blocks of its recipe."""

import pytest
import tiny

from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.labs.theory.lab import load_training
from pipeline.labs.theory.training import covered, favourites, hops
from pipeline.params import load_params
from pipeline.training.train import train

pytestmark = pytest.mark.claim


@pytest.mark.parametrize("name", ["ring_gan", "ring_r1"])
def test_samples_hop_round_the_ring_or_cover_it(name, tmp_path):
    params = load_params(tiny.ROOT / "recipes/theory/params.yaml")
    run = params.models[name]
    data = params.datasets[run.data]
    prepare(data, tmp_path / "store", workers=1)
    places = {"curves": tmp_path / "curves", "scratch": tmp_path / "scratch"}
    train(run, Store(tmp_path / "store"), tmp_path / name, seed=params.seed, **places)
    seen = load_training(name, run, data, tmp_path / "curves")
    assert seen.modes is not None
    reached = covered(seen.course, seen.modes)
    if name == "ring_gan":
        assert max(reached) < 8
        assert hops(favourites(seen.course, seen.modes)) >= 3
    else:
        assert reached[-1] == 8
