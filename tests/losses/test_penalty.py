"""Penalties on gradients: exact on linear critics, and their own gradients against differences."""

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradcheck

from pipeline.losses.penalty import (
    gradient_penalty,
    input_gradients,
    interpolate,
    off_diagonal_penalty,
    zero_centred_penalty,
)

WEIGHT = torch.tensor([1.0, -2.0, 2.0])  # of norm 3


def linear(x: Tensor) -> Tensor:
    """w.x of samples [N, 3, 1, 1]: everywhere the gradient is w."""
    return x.flatten(1) @ WEIGHT


def samples(count: int = 4) -> Tensor:
    return torch.randn(count, 3, 1, 1)


def test_on_a_linear_critic_the_gradient_penalty_is_exact():
    value, norm = gradient_penalty(linear, samples())
    assert float(value) == pytest.approx((3 - 1) ** 2)
    assert float(norm) == pytest.approx(3)
    value, _ = gradient_penalty(linear, samples(), target=5)
    assert float(value) == pytest.approx((3 - 5) ** 2)


@pytest.mark.parametrize(("target", "expected"), [(1.0, 4.0), (3.0, 0.0), (5.0, 0.0)])
def test_one_sided_leaves_smaller_norms_alone(target, expected):
    value, norm = gradient_penalty(linear, samples(), target=target, one_sided=True)
    assert float(value) == pytest.approx(expected, abs=1e-10)
    assert float(norm) == pytest.approx(3)


def test_on_a_linear_critic_r1_is_the_squared_norm():
    value, norm = zero_centred_penalty(linear, samples())
    assert float(value) == pytest.approx(9)
    assert float(norm) == pytest.approx(3)


def test_several_logits_of_a_sample_add_up():
    value, norm = zero_centred_penalty(
        lambda x: torch.stack([linear(x), 2 * linear(x)], 1), samples()
    )
    assert float(norm) == pytest.approx(9)
    assert float(value) == pytest.approx(81)


def test_norms_are_of_each_sample_not_of_the_batch():
    x = torch.tensor([[3.0, 4.0], [0.0, 1.0]]).view(2, 2, 1, 1)

    def half_square(x: Tensor) -> Tensor:
        return 0.5 * x.flatten(1).square().sum(dim=1)  # its gradient is x: norms 5 and 1

    found = [gradient_penalty(half_square, x), zero_centred_penalty(half_square, x)]
    for (value, norm), expected in zip(found, ((4**2 + 0) / 2, (25 + 1) / 2), strict=True):
        torch.testing.assert_close(value, torch.tensor(expected))
        torch.testing.assert_close(norm, torch.tensor(3.0))


def critic() -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))


@pytest.mark.parametrize(
    "penalty",
    [
        lambda logits_of, x: gradient_penalty(logits_of, x)[0],
        lambda logits_of, x: gradient_penalty(logits_of, x, target=0.1, one_sided=True)[0],
        lambda logits_of, x: zero_centred_penalty(logits_of, x)[0],
    ],
)
def test_what_a_critic_learns_of_a_penalty_is_the_finite_difference(penalty):
    network, x = critic(), samples()
    value = penalty(network, x)
    weights = [p for p in network.parameters() if p.ndim > 1]
    slopes = torch.autograd.grad(value, weights)
    assert all(float(slope.norm()) > 1e-3 for slope in slopes)
    for weight, slope in zip(weights, slopes, strict=True):
        way = torch.randn_like(weight)
        ends = []
        for step in (1e-2, -1e-2):
            with torch.no_grad():
                weight += step * way
            ends.append(penalty(network, x).item())
            with torch.no_grad():
                weight -= step * way
        difference = (ends[0] - ends[1]) / 2e-2
        assert float((slope * way).sum()) == pytest.approx(difference, rel=2e-2, abs=1e-3)


def test_no_gradient_of_a_penalty_reaches_the_samples():
    x = samples().requires_grad_()
    value, _ = zero_centred_penalty(critic(), x)
    value.backward()
    assert x.grad is None
    assert input_gradients(linear, x).shape == x.shape


def test_points_lie_between_real_and_fake_one_share_a_sample():
    real, fake = torch.ones(1000, 2, 3, 3).requires_grad_(), torch.zeros(1000, 2, 3, 3)
    between = interpolate(real, fake)
    assert not between.requires_grad
    assert between.flatten(1).std(dim=1).max() < 1e-6  # all of a sample at one share
    shares = between[:, 0, 0, 0]
    assert 0 <= float(shares.min()) < 0.02 < 0.98 < float(shares.max()) <= 1
    assert float(shares.mean()) == pytest.approx(0.5, abs=0.05)
    assert torch.equal(interpolate(real + 4, real + 4), real + 4)
    assert interpolate(real.bfloat16(), fake.bfloat16()).dtype == torch.float32


def test_orthogonal_filters_of_any_length_cost_nothing():
    weight = torch.linalg.qr(torch.randn(8, 8))[0][:4].view(4, 2, 2, 2)
    weight = weight * torch.tensor([0.1, 1.0, 7.0, 30.0]).view(4, 1, 1, 1)
    assert float(off_diagonal_penalty(weight)) == pytest.approx(0, abs=1e-6)
    assert float(off_diagonal_penalty(torch.diag(torch.tensor([3.0, 500.0])))) == 0


def test_filters_that_are_not_orthogonal_by_hand():
    weight = torch.tensor([[1.0, 2.0], [3.0, -1.0], [0.0, 1.0]])
    # Products 1, 2 and -1, each squared and there twice.
    assert float(off_diagonal_penalty(weight)) == pytest.approx(2 * (1 + 4 + 1))
    assert float(off_diagonal_penalty(weight.view(3, 2, 1, 1))) == pytest.approx(12)
    wide = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(off_diagonal_penalty, (wide,))
