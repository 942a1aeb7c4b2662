"""Draws of a normal distribution that ends on both sides."""

import math

import pytest
import torch

from pipeline.nn.drawing import truncated

Z = torch.randn(200_000, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("limit", [0.05, 0.5, 1.0, 2.0])
def test_no_number_is_beyond_the_limit(limit):
    found = truncated(Z, limit)
    assert found.dtype == Z.dtype
    assert found.abs().max() <= limit
    extreme = truncated(torch.tensor([-40.0, -9.0, 0.0, 9.0, 40.0]), limit)
    torch.testing.assert_close(extreme, limit * torch.tensor([-1.0, -1, 0, 1, 1]))


@pytest.mark.parametrize("limit", [0.5, 1.0, 2.0])
def test_it_is_the_distribution_of_draws_that_are_taken_anew_beyond_the_limit(limit):
    redrawn = Z[Z.abs() <= limit]
    shares = torch.linspace(0.01, 0.99, 9)
    torch.testing.assert_close(
        truncated(Z[:50_000], limit).quantile(shares),
        redrawn[:50_000].quantile(shares),
        atol=0.02,
        rtol=0,
    )
    # Variance 1 - 2 t phi(t) / (2 Phi(t) - 1)
    density = math.exp(-(limit**2) / 2) / math.sqrt(2 * math.pi)
    expected = 1 - 2 * limit * density / math.erf(limit / math.sqrt(2))
    assert float(truncated(Z, limit).var()) == pytest.approx(expected, rel=0.01)


def test_the_same_draw_moves_smoothly_and_keeps_its_order():
    z = torch.linspace(-3, 3, 101)
    one, other = truncated(z, 1.0), truncated(z, 1.01)
    assert (one.diff() > 0).all()
    assert (one - other).abs().max() < 0.01
    torch.testing.assert_close(truncated(z, 8.0), z)  # a limit that none comes near


def test_a_limit_of_none_is_refused():
    with pytest.raises(ValueError, match="a limit above 0, found 0"):
        truncated(Z, 0.0)
