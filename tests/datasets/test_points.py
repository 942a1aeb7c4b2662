"""Points as an embedded data set: shapes, splits, seeds, and the prepared store."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from pipeline.codecs import PointCodec
from pipeline.datasets.points import (
    DOMAIN,
    MODES,
    STD,
    PointsParams,
    around,
    classes_of,
    dims_of,
    draw,
    spiral,
)
from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.samples import Spec


def points_of(shape: str, split: str = "train", **params: object) -> np.ndarray:
    """Points [N, D] of a small set."""
    made = PointsParams(shape=shape, **{"train": 2000, "test": 50, **params})
    return np.stack([item.load() for item in made.source().items[split][DOMAIN]])


@pytest.mark.parametrize("shape", MODES)
def test_mixtures_have_their_means_and_deviations(shape):
    made = PointsParams(shape=shape, train=4000, test=10)
    items = made.source().items["train"][DOMAIN]
    points = np.stack([item.load() for item in items])
    labels = np.array([item.label for item in items])
    centres = MODES[shape]()
    assert set(labels) == set(range(len(centres)))
    for mode, centre in enumerate(centres):
        own = points[labels == mode]
        assert len(own) == pytest.approx(4000 / len(centres), rel=0.35)
        error = 5 * STD[shape] / np.sqrt(len(own))
        np.testing.assert_allclose(own.mean(axis=0), centre, atol=error)
    assert (points - centres[labels]).std() == pytest.approx(STD[shape], rel=0.05)


def test_modes_of_the_papers():
    ring = MODES["ring"]()
    assert ring.shape == (8, 2)
    np.testing.assert_allclose(np.hypot(*ring.T), 2)
    np.testing.assert_allclose(ring[2], (0, 2), atol=1e-12)
    grid = {tuple(centre) for centre in MODES["grid"]()}
    assert grid == {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert around(4, radius=1).round(9).tolist() == [[1, 0], [0, 1], [-1, 0], [0, -1]]


def test_a_square_and_a_spiral():
    square = points_of("uniform")
    assert np.abs(square).max() <= 2
    np.testing.assert_allclose(square.std(axis=0), 2 / np.sqrt(3), rtol=0.05)
    np.testing.assert_allclose(spiral(np.array([0.0, 1.0])), [(0, -2 / 3), (0, 2)], atol=1e-12)
    noise = points_of("swiss_roll", std=1e-9)
    assert np.hypot(*noise.T).max() <= 2 + 1e-6


def test_equal_seeds_give_equal_points_and_splits_share_none():
    points = points_of("ring")
    np.testing.assert_array_equal(points, points_of("ring"))
    known = set(map(tuple, points.tolist()))
    for others in (points_of("ring", seed=1), points_of("ring", split="test")):
        assert known.isdisjoint(map(tuple, others.tolist()))


def test_a_standard_deviation_of_ones_own():
    rng = np.random.default_rng(0)
    points, labels = draw("line", 2000, 0.01, rng)
    assert np.abs(points - MODES["line"]()[labels]).max() < 0.06
    with pytest.raises(ValidationError, match="no noise"):
        PointsParams(shape="uniform", std=0.1)


@pytest.mark.parametrize("shape", sorted(STD))
def test_the_prepared_store_keeps_coordinates(shape, tmp_path):
    params = PointsParams(shape=shape, train=20, test=7)
    prepare(params, tmp_path / "store", workers=1)
    store = Store(tmp_path / "store")
    assert store.meta.counts == {"train": {DOMAIN: 20}, "test": {DOMAIN: 7}}
    assert store.spec == params.spec
    assert store.meta.classes == classes_of(shape)
    reader = store.domain("test", DOMAIN)
    items = params.source().items["test"][DOMAIN]
    for index, item in enumerate(items):
        np.testing.assert_array_equal(reader.item(index), item.load())
        assert reader.labels[index] == item.label


def test_samples_are_points_and_come_back():
    codec = PointCodec(dims={DOMAIN: 2})
    assert codec.spec(DOMAIN) == Spec(channels=2, height=1, width=1, bounded=False)
    stored = torch.tensor([[1.0, -2.0], [30.0, 4.5]])
    sample = codec.to_sample(stored, DOMAIN)
    assert sample.shape == (2, 2, 1, 1)
    np.testing.assert_array_equal(codec.from_sample(sample, DOMAIN), stored.numpy())
    assert dims_of("line") == 1
