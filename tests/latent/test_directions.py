"""Directions: of attributes, of weights, of draws; and moves along them."""

import math
from pathlib import Path

import exported
import pytest
import tiny
import torch
from latents import CoderAlone, LinearSampler, LinearStyles
from torch import nn

from pipeline.latent import (
    boundary_of,
    conditioned,
    factorise,
    find_boundary,
    move,
    on_layers,
    principal_directions,
    slope_of,
    space_of,
    traverse,
    unit,
)
from pipeline.latent.ganspace import principal_components
from pipeline.latent.layers import latent_layers
from pipeline.latent.sefa import eigen_directions
from pipeline.latent.traversal import moving_directions
from pipeline.models.gan import GANModel

A = torch.tensor([[0.0, 3.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]])
"""Moves samples most along the second axis, then the third, then the first."""
ORDER = torch.eye(3)[[1, 2, 0]]


def orthogonal(size: int) -> torch.Tensor:
    return torch.linalg.qr(torch.randn(size, size)).Q


# Conditioning and moves


def test_a_conditioned_direction_is_orthogonal_to_the_others() -> None:
    n1 = torch.randn(6)
    others = [torch.randn(6), torch.randn(6), torch.randn(6)]
    for count in range(4):
        found = conditioned(n1, others[:count])
        assert float(found.norm()) == pytest.approx(1, abs=1e-5)
        for other in others[:count]:
            assert abs(float(found @ other)) < 1e-5
        assert found @ n1 > 0


def test_one_condition_is_the_equation_of_the_paper() -> None:
    n1, n2 = unit(torch.tensor([1.0, 1.0, 0.0])), torch.tensor([1.0, 0.0, 0.0])
    torch.testing.assert_close(conditioned(n1, [5 * n2]), unit(n1 - (n1 @ n2) * n2))
    torch.testing.assert_close(conditioned(n1, [n2]), torch.tensor([0.0, 1.0, 0.0]))


def test_what_is_held_may_be_held_twice() -> None:
    n1, n2 = torch.tensor([1.0, 1.0, 0.0]), torch.tensor([1.0, 0.0, 0.0])
    torch.testing.assert_close(conditioned(n1, [n2, n2, -n2]), torch.tensor([0.0, 1.0, 0.0]))
    with pytest.raises(ValueError, match="span of those that should be held"):
        conditioned(n2, [n1, torch.tensor([0.0, 1.0, 0.0])])
    with pytest.raises(ValueError, match="length 0"):
        unit(torch.zeros(3))


def test_moves_add_amounts_of_a_direction() -> None:
    z, d = torch.zeros(2, 3), torch.tensor([0.0, 1.0, 0.0])
    torch.testing.assert_close(move(z, d, torch.tensor([1.0, -2.0]))[:, 1], torch.tensor([1.0, -2]))
    torch.testing.assert_close(move(z, d, 0.5), torch.tensor([[0.0, 0.5, 0.0]] * 2))
    layered = move(torch.ones(2, 4, 3), d, 1.0)  # all layers
    torch.testing.assert_close(layered[0], torch.tensor([[1.0, 2.0, 1.0]] * 4))
    some = move(z, on_layers(d, [1, 3], 4), torch.tensor([1.0, 2.0]))
    assert some.shape == (2, 4, 3)
    assert some[1, :, 1].tolist() == [0, 2, 0, 2]
    assert not some[:, :, [0, 2]].any()
    with pytest.raises(ValueError, match="layers from 0 to 3, found 4"):
        on_layers(d, [4], 4)


def test_a_traversal_is_in_standard_deviations() -> None:
    space = space_of(LinearStyles(torch.diag(torch.tensor([4.0, 1.0])), torch.eye(2), torch.eye(2)))
    amounts = torch.tensor([-1.0, 0.0, 1.0])
    ways = traverse(space, torch.zeros(2), torch.eye(2), amounts)
    assert ways.shape == (2, 3, 2)
    assert float(ways[0, 2, 0]) == pytest.approx(4, rel=0.05)
    assert float(ways[1, 0, 1]) == pytest.approx(-1, rel=0.05)
    assert not ways[:, 1].any()
    layered = traverse(space, torch.zeros(2), on_layers(torch.eye(2)[0], [1], 2)[None], amounts)
    assert layered.shape == (1, 3, 2, 2)
    assert float(layered[0, 2, 1, 0]) == pytest.approx(4, rel=0.05)
    assert not layered[:, :, 0].any()


# Planes


def test_the_normal_of_a_plane_is_found() -> None:
    normal = unit(torch.randn(8))
    z = torch.randn(600, 8)
    found = find_boundary(z, z @ normal + 0.3 > 0)
    assert float(found.normal @ normal) > 0.99
    assert float(found.normal.norm()) == pytest.approx(1, abs=1e-5)
    assert found.offset == pytest.approx(0.3, abs=0.1)
    assert found.accuracy > 0.95
    noise = find_boundary(z, torch.rand(600) < 0.5)
    assert noise.accuracy < 0.65


def test_scores_are_parted_at_their_ends() -> None:
    normal = unit(torch.randn(8))
    z = torch.randn(1000, 8)
    found = boundary_of(z, z @ normal + 0.5 * torch.randn(1000))
    assert float(found.normal @ normal) > 0.9
    with pytest.raises(ValueError, match="does not vary"):
        boundary_of(z, torch.zeros(1000))
    with pytest.raises(ValueError, match="3 latents have the attribute"):
        find_boundary(z, torch.arange(1000) < 3)


def test_equal_seeds_find_equal_planes() -> None:
    z, labels = torch.randn(200, 4), torch.rand(200) < 0.5
    assert torch.equal(find_boundary(z, labels, seed=3).normal, find_boundary(z, labels, 3).normal)


def test_the_slope_of_a_number_is_found() -> None:
    direction = unit(torch.tensor([1.0, -2.0, 2.0, 0.0]))
    z = torch.randn(100, 4) + 5
    torch.testing.assert_close(slope_of(z, 7 * z @ direction + 3), direction, atol=1e-5, rtol=0)
    narrow = z.clone()
    narrow[:, 3] = 1  # never varies
    torch.testing.assert_close(slope_of(narrow, narrow @ direction), direction, atol=1e-5, rtol=0)


# Weights and draws


def test_weights_tell_the_directions_of_a_linear_model() -> None:
    found = factorise(space_of(LinearSampler(A)))
    torch.testing.assert_close(found.vectors, ORDER)
    torch.testing.assert_close(found.values, torch.tensor([9.0, 4.0, 1.0]))
    assert factorise(space_of(LinearSampler(A)), 2).vectors.shape == (2, 3)


def test_directions_of_weights_are_singular_vectors() -> None:
    left, right = orthogonal(5), orthogonal(5)
    s = torch.tensor([5.0, 4.0, 3.0, 2.0, 1.0])
    found = eigen_directions(left @ torch.diag(s) @ right.T)
    torch.testing.assert_close(found.values, s.square())
    torch.testing.assert_close((found.vectors @ right).abs(), torch.eye(5), atol=1e-4, rtol=0)


def test_draws_tell_the_same_directions_of_a_linear_model() -> None:
    """Of A z with normal z, principal coordinates are told by the singular vectors of A."""
    found = principal_directions(space_of(LinearSampler(A)), 3)
    torch.testing.assert_close(found.vectors, ORDER, atol=0.05, rtol=0)
    torch.testing.assert_close(found.values, torch.tensor([3.0, 2.0, 1.0]), rtol=0.05, atol=0)


def test_styles_have_principal_directions_of_w() -> None:
    turn = orthogonal(3)
    mapping = turn @ torch.diag(torch.tensor([3.0, 2.0, 0.5]))
    for kind in ("w", "w+"):
        space = space_of(LinearStyles(mapping, torch.eye(3), torch.eye(3)), kind)
        found = principal_directions(space, 2)
        close = (found.vectors @ turn[:, :2]).abs()
        torch.testing.assert_close(close, torch.eye(2), atol=0.06, rtol=0)
        torch.testing.assert_close(found.values, torch.tensor([3.0, 2.0]), rtol=0.05, atol=0)


def test_many_numbers_are_reduced_as_few_are() -> None:
    x = torch.randn(300, 4) * torch.tensor([5.0, 3.0, 1.0, 0.5]) @ orthogonal(4)
    wide = torch.cat([x, torch.zeros(300, 1500)], dim=1)
    few, stds = principal_components(x, 2)
    many, same = principal_components(wide, 2)
    torch.testing.assert_close(stds, same, rtol=1e-3, atol=0)
    torch.testing.assert_close(
        (few * many[:, :4]).sum(dim=1).abs(), torch.ones(2), atol=1e-3, rtol=0
    )


def test_layers_of_styles_are_told_apart() -> None:
    first, second = torch.diag(torch.tensor([1.0, 2.0])), torch.diag(torch.tensor([5.0, 3.0]))
    space = space_of(LinearStyles(torch.eye(2), first, second))
    layers = latent_layers(space)
    assert [layer.layer for layer in layers] == [0, 1]
    torch.testing.assert_close(layers[1].weight, second)
    for chosen, foremost in ((None, 0), ([0], 1), ([1], 0)):
        found = factorise(space, layers=chosen).vectors[0]
        torch.testing.assert_close(found, torch.eye(2)[foremost])
    with pytest.raises(ValueError, match="none of these layers"):
        factorise(space, layers=[7])


class Parts(nn.Module):
    """z in two parts, each of which a layer takes, beside what does not vary."""

    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Sequential(nn.Unflatten(1, (2, 1, 1)), nn.ConvTranspose2d(2, 3, 4), nn.ReLU())
        self.two = nn.Linear(1 + 2, 3)
        self.fixed = nn.Parameter(torch.randn(2))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        beside = torch.cat([self.fixed.expand(len(z), -1), z[:, 2:]], dim=1)
        y: torch.Tensor = self.one(z[:, :2]) + self.two(beside)[:, :, None, None]
        return y


def test_parts_of_a_latent_are_found_whatever_stands_beside() -> None:
    network = Parts()
    one, two = latent_layers(space_of(GANModel(network, latent=3)))
    assert (one.name, two.name) == ("generator.one.1", "generator.two")
    conv = network.one[1]
    assert isinstance(conv, nn.ConvTranspose2d)
    torch.testing.assert_close(one.weight[:, :2], conv.weight.flatten(1).T, atol=1e-5, rtol=0)
    assert not one.weight[:, 2].any()
    torch.testing.assert_close(two.weight[:, 2], network.two.weight[:, 2], atol=1e-5, rtol=0)
    assert not two.weight[:, :2].any()


@pytest.mark.parametrize("name", ["vae", "dcgan", "biggan", "stylegan", "stylegan2", "sgan"])
def test_real_generators_have_directions(name: str, tmp_path: Path) -> None:
    exported.export_one(tmp_path / name, tiny.runs()[name])
    space = space_of(exported.load(tmp_path / name).model)
    for found in (factorise(space, 2), principal_directions(space, 2, n=64)):
        lengths = found.vectors.norm(dim=1)
        torch.testing.assert_close(lengths, torch.ones(2), rtol=1e-3, atol=0)
        assert found.vectors.isfinite().all()
        assert found.values[0] >= found.values[1]


def test_directions_of_codes_need_a_code() -> None:
    space = space_of(CoderAlone(A[:3]))
    with pytest.raises(ValueError, match="encode a sample first"):
        factorise(space)
    space.encode(torch.zeros(1, 3, 1, 1))
    torch.testing.assert_close(factorise(space).vectors, ORDER)
    with pytest.raises(ValueError, match="none can be drawn"):
        principal_directions(space, 1)


def test_normalised_draws_have_no_first_layer(tmp_path: Path) -> None:
    exported.export_one(tmp_path / "stylegan", tiny.runs()["stylegan"])
    space = space_of(exported.load(tmp_path / "stylegan").model, "z")
    with pytest.raises(ValueError, match="no affine layer takes z itself"):
        factorise(space)


def test_principal_directions_may_be_of_a_named_layer() -> None:
    space = space_of(LinearSampler(A))
    named = principal_directions(space, 1, layer="layer")
    torch.testing.assert_close(named.vectors[0], ORDER[0], atol=0.05, rtol=0)
    with pytest.raises(ValueError, match="no layer 'other'"):
        principal_directions(space, 1, layer="other")


def test_axes_that_move_a_sample_most_are_unit_vectors() -> None:
    found = moving_directions(space_of(LinearSampler(A)), torch.zeros(3), 2)
    torch.testing.assert_close(found, ORDER[:2])
    assert math.isclose(float(found.sum()), 2)
