"""One interface to z, w and codes."""

import math
from pathlib import Path

import exported
import pytest
import tiny
import torch
from latents import CoderAlone, LinearCoder, LinearSampler, LinearStyles
from torch import nn

from pipeline.capabilities import Latent, LatentSampler
from pipeline.latent import interpolate, space_of
from pipeline.latent.spaces import MEAN_DRAWS
from pipeline.models.gan import GANModel
from pipeline.models.stylegan import StyleGANModel

A = torch.tensor([[3.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 2.0], [1.0, 1.0, 0.0]])


def styles() -> LinearStyles:
    return LinearStyles(torch.diag(torch.tensor([2.0, 0.5])), torch.eye(2), 3 * torch.eye(2))


def test_each_model_has_its_usual_space() -> None:
    assert space_of(LinearSampler(A)).kind == "z"
    assert space_of(LinearCoder(A)).kind == "z"
    assert space_of(styles()).kind == "w"
    assert space_of(styles(), "z").shape == space_of(styles()).shape == (2,)
    assert space_of(styles(), "w+").shape == (2, 2)
    assert space_of(CoderAlone(A)).kind == "code"
    with pytest.raises(ValueError, match="neither decodes draws nor encodes"):
        space_of(nn.Linear(1, 1))
    with pytest.raises(ValueError, match="no styles"):
        space_of(LinearSampler(A), "w")


def test_draws_are_those_of_the_model() -> None:
    space = space_of(LinearSampler(A))
    z = LinearSampler(A).draw(3, torch.Generator().manual_seed(5))
    assert torch.equal(space.draw(3, seed=5), z)
    torch.testing.assert_close(space.decode(z), LinearSampler(A).decode(z))
    w = space_of(styles()).draw(3, seed=5)
    drawn = styles().draw(3, torch.Generator().manual_seed(5))
    torch.testing.assert_close(w, drawn * torch.tensor([2.0, 0.5]))
    with pytest.raises(ValueError, match="none can be drawn"):
        space_of(CoderAlone(A)).draw(1)


def test_the_class_is_held() -> None:
    z = torch.zeros(2, 3)
    for label, added in ((None, 0), (0, 0), (2, 2)):
        space = space_of(LinearSampler(A, classes=3), label=label)
        torch.testing.assert_close(space.decode(z), torch.full((2, 4, 1, 1), 0.5 + added))
    with pytest.raises(ValueError, match="from 0 to 2"):
        space_of(LinearSampler(A, classes=3), label=3)
    with pytest.raises(ValueError, match="no classes"):
        space_of(LinearSampler(A), label=0)


def test_an_encoder_leads_back() -> None:
    for model in (LinearCoder(A), CoderAlone(A)):
        space = space_of(model)
        z = torch.randn(5, 3)
        torch.testing.assert_close(space.encode(space.decode(z)), z)
        assert space.encodes
        assert space.shape == (3,)
    assert not space_of(LinearSampler(A)).encodes
    with pytest.raises(ValueError, match="invert samples instead"):
        space_of(LinearSampler(A)).encode(torch.zeros(1, 4, 1, 1))


def test_draws_are_truncated() -> None:
    assert space_of(LinearSampler(A), truncation=0.5).draw(200).abs().max() <= 0.5
    full, half = (space_of(styles(), psi=psi).draw(7, seed=1) for psi in (1.0, 0.5))
    mean = space_of(styles()).mean()
    torch.testing.assert_close(half, (full + mean) / 2)
    with pytest.raises(ValueError, match="psi is of w"):
        space_of(LinearSampler(A), psi=0.5)
    with pytest.raises(ValueError, match="truncation is of z"):
        space_of(styles(), truncation=0.5)


def test_the_spread_of_draws_is_known() -> None:
    z, w = space_of(LinearSampler(A)), space_of(styles())
    assert (z.radius(), z.spread(torch.eye(3)[0])) == (math.sqrt(3), 1)
    close = 4 / math.sqrt(2 * MEAN_DRAWS)  # four standard errors of a standard deviation
    assert w.spread(torch.tensor([1.0, 0.0])) == pytest.approx(2, rel=close)
    assert w.spread(torch.tensor([0.0, 1.0])) == pytest.approx(0.5, rel=close)
    assert w.radius() == pytest.approx(math.sqrt(4.25), rel=close)
    assert w.mean().abs().max() < 4 * 2 / math.sqrt(MEAN_DRAWS)
    assert space_of(styles(), "w+").mean().shape == (2, 2)


def test_typical_lengths_are_those_of_draws() -> None:
    space = space_of(LinearSampler(torch.eye(100)))
    bounds = 10 - 3 / math.sqrt(2), 10 + 3 / math.sqrt(2)
    z = torch.randn(100)
    lengths = [0.1, 9.0, 50.0]
    moved = space.typical(torch.stack([z / z.norm() * length for length in lengths]))
    assert moved.norm(dim=1).tolist() == pytest.approx([bounds[0], 9.0, bounds[1]])
    torch.testing.assert_close(moved[2] / moved[2].norm(), z / z.norm())
    assert torch.equal(space.typical(torch.zeros(1, 100)), torch.zeros(1, 100))
    short = space_of(LinearCoder(torch.eye(100))).typical(z[None] / z.norm())
    assert float(short.norm()) == pytest.approx(1)  # what encoders give may be short
    drawn = space.draw(2000)
    assert (space.typical(drawn) == drawn).all(dim=1).float().mean() > 0.99


def test_ways_begin_and_end_at_their_stops() -> None:
    for space in (space_of(LinearSampler(A)), space_of(styles()), space_of(styles(), "w+")):
        stops = space.draw(3, seed=1)
        way = interpolate(space, stops, 5)
        assert way.shape == (5, *space.shape)
        torch.testing.assert_close(way[[0, 2, 4]], stops)
    with pytest.raises(ValueError, match="two stops"):
        interpolate(space, stops[:1], 5)


def test_the_middle_is_on_the_arc_in_z_and_on_the_line_in_w() -> None:
    ends = torch.tensor([[2.0, 0.0], [0.0, 2.0]])
    arc = interpolate(space_of(LinearSampler(torch.eye(2))), ends, 3)[1]
    torch.testing.assert_close(arc, torch.full((2,), math.sqrt(2)))
    torch.testing.assert_close(interpolate(space_of(styles()), ends, 3)[1], torch.ones(2))


LATENT_RUNS = sorted(
    name
    for name, run in tiny.runs().items()
    if name.startswith(("vae", "dcgan", "autoencoder", "biggan", "stylegan", "sgan", "progressive"))
)


@pytest.mark.parametrize("name", LATENT_RUNS)
def test_every_model_with_latents_can_be_moved_through(name: str, tmp_path: Path) -> None:
    run = tiny.runs()[name]
    exported.export_one(tmp_path / name, run)
    model = exported.load(tmp_path / name).model
    assert isinstance(model, Latent | LatentSampler)
    space = space_of(model)
    if space.kind == "code":
        x = tiny.sample_of(tiny.specs_of(run)[run.domains[0]], 2, 1)
        stops = space.encode(x)
    else:
        stops = space.draw(2, seed=3)
    samples = space.decode_all(interpolate(space, stops, 4))
    torch.testing.assert_close(samples[[0, 3]], space.decode_all(stops), rtol=1e-3, atol=1e-4)
    assert not torch.equal(samples[1], samples[2])


def test_a_seed_draws_the_sample_that_the_sampler_draws(tmp_path: Path) -> None:
    for name, label in (("dcgan", None), ("biggan", 3)):
        exported.export_one(tmp_path / name, tiny.runs()[name])
        model = exported.load(tmp_path / name).model
        assert isinstance(model, GANModel | StyleGANModel)
        condition = None if label is None else torch.tensor([label])
        with torch.no_grad():
            drawn = model.sample(1, torch.Generator().manual_seed(9), condition)
        space = space_of(model, label=label)
        torch.testing.assert_close(space.decode_all(space.draw(1, seed=9)), drawn)
