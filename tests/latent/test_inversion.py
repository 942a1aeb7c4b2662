"""Inversion: the latents of given samples, by search."""

import pytest
import torch
from latents import CoderAlone, LinearCoder, LinearSampler, LinearStyles

from pipeline.latent import invert, space_of
from pipeline.latent.inversion import passes, rate_at


def orthogonal(rows: int, columns: int) -> torch.Tensor:
    return torch.linalg.qr(torch.randn(rows, columns)).Q


def test_the_latent_of_a_linear_generator_is_found() -> None:
    space = space_of(LinearSampler(orthogonal(12, 6)))
    z = space.draw(5, seed=3)
    found = invert(space, space.decode(z).detach(), steps=200, starts=2)
    torch.testing.assert_close(found.latents, z, atol=5e-3, rtol=0)
    assert found.distances.max() < 1e-5
    assert space.model.layer.weight.grad is None


def test_styles_are_found_and_each_layer_apart_where_that_is_asked_for() -> None:
    first, second = orthogonal(8, 2), orthogonal(8, 2)
    model = LinearStyles(torch.eye(2), first, second)
    target = model.synthesise(torch.tensor([[[1.0, 0.0], [0.0, -1.0]]])).detach()
    alone = invert(space_of(model), target, steps=150, starts=1)
    layered = invert(space_of(model, "w+"), target, steps=150, starts=1)
    assert alone.latents.shape == (1, 2)
    assert layered.latents.shape == (1, 2, 2)
    assert layered.distances[0] < 1e-4 < alone.distances[0]


def test_the_best_of_several_starts_counts() -> None:
    """Samples are cos z: from 0, where the slope is 0, nothing is found; from draws it is."""

    class Wave(LinearSampler):
        def decode(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
            return z.cos()[:, :, None, None]

    space = space_of(Wave(torch.eye(1)))
    x = torch.tensor([1.0, 0.5]).cos().reshape(2, 1, 1, 1)
    one = invert(space, x, steps=100, starts=1, noise=0)
    many = invert(space, x, steps=100, starts=5, noise=0)
    assert (one.distances > 1e-3).all()
    assert (many.distances < 1e-4).all()
    torch.testing.assert_close(
        many.latents.abs()[:, 0], torch.tensor([1.0, 0.5]), atol=0.05, rtol=0
    )


def test_equal_seeds_find_equal_latents() -> None:
    space = space_of(LinearSampler(torch.randn(6, 4)))
    x = torch.randn(3, 6, 1, 1)
    first, again, other = (
        invert(space, x, steps=10, starts=2, seed=seed).latents for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_an_encoder_is_where_the_search_begins() -> None:
    for model in (LinearCoder(torch.randn(8, 3)), CoderAlone(torch.randn(8, 3))):
        space = space_of(model)
        x = space.decode(torch.full((2, 3), 0.5)).detach()
        found = invert(space, x, steps=1, starts=2, noise=0, lr=1e-6)
        torch.testing.assert_close(found.latents, torch.full((2, 3), 0.5), atol=1e-3, rtol=0)


def test_features_count_where_they_are_given() -> None:
    """A sample is (z, z): of (1, -1) values alone make z 0, a feature's weight u makes it -u / (1 +
    u)."""
    space = space_of(LinearSampler(torch.ones(2, 1)))
    x = torch.tensor([1.5, -0.5]).reshape(1, 2, 1, 1)  # the bias is 0.5

    def features(y: torch.Tensor) -> torch.Tensor:
        return y[:, 1].flatten(1) - 0.5

    for weight in (0.0, 1.0, 3.0):
        found = invert(
            space, x, steps=200, starts=1, noise=0, features=features, feature_weight=weight
        )
        assert float(found.latents) == pytest.approx(-weight / (1 + weight), abs=0.01)
    plain = invert(space, x, steps=200, starts=1, noise=0)
    assert float(plain.latents) == pytest.approx(0, abs=0.01)
    assert float(plain.distances) == pytest.approx(1, abs=0.01)


def test_the_rate_rises_and_falls_as_the_projector_s() -> None:
    assert rate_at(0) == 0
    assert rate_at(0.025) == pytest.approx(0.5)
    assert rate_at(0.05) == rate_at(0.5) == rate_at(0.75) == pytest.approx(1)
    assert rate_at(0.875) == pytest.approx(0.5)
    assert rate_at(1) == pytest.approx(0)


def test_progress_counts_steps_of_all_samples() -> None:
    space = space_of(LinearSampler(torch.eye(4)))
    seen: list[int] = []
    x = torch.zeros(20, 4, 1, 1)
    invert(space, x, steps=3, starts=4, watch=lambda step, _: seen.append(step))
    assert seen == [1, 2, 3, 4, 5, 6]  # 16 samples at once
    assert passes(20, 4, 3) == 6
