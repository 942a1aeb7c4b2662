"""The course of a training on points: what is kept, and that keeping it changes nothing."""

import pytest
import tiny
import torch
from trainers import train_in

from pipeline.datasets.points import DOMAIN, PointsParams
from pipeline.datasets.prepare import prepare
from pipeline.datasets.store import Store
from pipeline.errors import UserError
from pipeline.methods.registry import load_run
from pipeline.training.course import FILE, SIDE, field_of, places_around, read_course

GAN = {
    "method": "gan",
    "data": "points",
    "domains": [DOMAIN],
    "steps": 6,
    "batch": 8,
    "latent": 2,
    "generator": {"kind": "mlp", "width": 8, "layers": 1},
    "discriminator": {"kind": "mlp", "width": 8, "layers": 1, "spectral": True},
    "checkpoint_every": 2,
    "log_every": 2,
}


@pytest.fixture(scope="module", params=["line", "ring"])
def store(request, tmp_path_factory) -> Store:
    root = tmp_path_factory.mktemp("points") / "store"
    prepare(PointsParams(shape=request.param, train=40, test=20), root, workers=1)
    return Store(root)


def test_a_training_on_points_keeps_its_course(store, tmp_path):
    run = load_run({**GAN, "show_every": 2})
    train_in(tmp_path, run, store)
    course = read_course(tmp_path / "curves" / FILE)
    dims = store.spec.specs[DOMAIN].channels
    assert course.steps.tolist() == [2, 4, 6]
    assert course.samples.shape == (3, 1000, dims)
    assert course.real.shape == (20, dims)
    assert course.logits is not None
    assert course.logits.shape == (3, SIDE[dims] ** dims)
    assert course.places.shape == (SIDE[dims] ** dims, dims)
    assert not torch.equal(course.samples[0], course.samples[2])
    assert not torch.equal(course.logits[0], course.logits[2])
    assert len(tiny.names_in(tmp_path / "curves/samples")) == 3


def test_looking_teaches_nothing(store, tmp_path):
    for place, every in (("often", 1), ("seldom", 6)):
        train_in(tmp_path / place, load_run({**GAN, "show_every": every}), store)
    often, seldom = (tiny.tree(tmp_path / place / "model") for place in ("often", "seldom"))
    assert often["model.safetensors"] == seldom["model.safetensors"]


def test_a_method_without_a_discriminator_has_no_field(store, tmp_path):
    networks = {"kind": "mlp", "width": 8, "layers": 1}
    vae = {key: GAN[key] for key in ("data", "domains", "steps", "batch", "latent")}
    run = load_run({**vae, "method": "vae", "encoder": networks, "decoder": networks})
    train_in(tmp_path, run, store)
    assert read_course(tmp_path / "curves" / FILE).logits is None


def test_a_missing_or_damaged_course_is_said(tmp_path):
    with pytest.raises(UserError, match="expected the course"):
        read_course(tmp_path / FILE)
    (tmp_path / FILE).write_bytes(b"nothing")
    with pytest.raises(UserError, match="holds no course"):
        read_course(tmp_path / FILE)


def test_places_cover_more_than_the_data():
    line = places_around(torch.tensor([[-1.0], [2.0]]))
    assert (float(line.min()), float(line.max())) == (-3, 3)
    plane = places_around(torch.tensor([[0.0, 2.0]]))
    assert plane[0].tolist() == [-3, -3]
    assert plane[1, 0] == -3  # the last axis' places first
    assert plane[1, 1] > -3


def test_a_field_is_a_probability_or_a_place_between_the_ends():
    logits = torch.tensor([-1.0, 0.0, 3.0])
    torch.testing.assert_close(field_of(logits, "nonsaturating"), logits.sigmoid())
    assert field_of(logits, "wasserstein").tolist() == [0, 0.25, 1]
    assert torch.isfinite(field_of(torch.ones(3), "wasserstein")).all()


@pytest.mark.parametrize("key", ["crop", "resize", "flip", "colour"])
def test_points_are_not_altered(store, key):
    run = load_run({**GAN, key: 0.5 if key == "colour" else 1})
    with pytest.raises(ValueError, match=f"{key} alters pictures or sound"):
        run.check_data(store.spec)


def test_points_are_not_augmented_for_a_discriminator(store):
    run = load_run({**GAN, "diffaugment": ["translation"]})
    with pytest.raises(ValueError, match="points are read as they are"):
        run.check_data(store.spec)
