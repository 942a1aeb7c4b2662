"""Total correlation, at codes whose own is known."""

import math

import pytest
import torch

from pipeline.losses.total_correlation import minibatch_total_correlation, permute_numbers


def estimate(covariance: list[list[float]], count: int, noise: float = 0.5) -> float:
    """Estimate the total correlation of codes of N(0, covariance) in a batch of ``count``.

    ``noise``: the standard deviation of each sample's codes.
    """
    wanted = torch.tensor(covariance)
    generator = torch.Generator().manual_seed(0)
    spread = torch.linalg.cholesky(wanted - noise**2 * torch.eye(len(wanted)))
    mean = torch.randn(count, len(wanted), generator=generator) @ spread.T
    z = mean + noise * torch.randn(mean.shape, generator=generator)
    log_variance = torch.full_like(mean, noise**2).log()
    return float(minibatch_total_correlation(z, mean, log_variance))


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.7])
def test_of_normal_codes_it_is_minus_half_the_log_of_the_determinant(correlation):
    covariance = [[1.0, correlation], [correlation, 1.0]]
    expected = -0.5 * torch.tensor(covariance).logdet()
    assert estimate(covariance, 2000) == pytest.approx(float(expected), abs=0.04)


def test_few_narrow_codes_seem_to_depend_on_each_other():
    assert estimate([[1.0, 0.0], [0.0, 1.0]], 20, noise=0.02) > 1
    mean = torch.arange(8.0)[:, None].repeat(1, 3)  # none likely under another's density
    found = minibatch_total_correlation(mean, mean, torch.full_like(mean, -20.0))
    assert float(found) == pytest.approx(2 * math.log(8), abs=1e-4)


def test_one_sample_has_none():
    z, log_variance = torch.randn(1, 3), torch.zeros(1, 3)
    assert float(minibatch_total_correlation(z, z, log_variance)) == pytest.approx(0, abs=1e-6)


def test_it_is_that_of_the_batchs_own_mixture_by_hand():
    mean, z = torch.tensor([[0.0, 0.0], [2.0, 2.0]]), torch.tensor([[0.0, 0.0], [2.0, 2.0]])
    # Each draw is e^0 likely under its own sample and e^-2 a number under the other, up to what
    # both densities share.
    e = torch.tensor(-2.0).exp()
    expected = ((1 + e**2) / 2).log() - 2 * ((1 + e) / 2).log()
    found = minibatch_total_correlation(z, mean, torch.zeros(2, 2))
    torch.testing.assert_close(found, expected)


def test_gradients_reach_all_that_it_is_computed_from():
    parts = [torch.randn(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    assert torch.autograd.gradcheck(minibatch_total_correlation, parts)


def test_shuffled_numbers_are_those_of_their_columns_and_are_independent():
    torch.manual_seed(0)
    z = torch.arange(1000.0)[:, None].repeat(1, 2)
    shuffled = permute_numbers(z)
    assert torch.equal(shuffled.sort(dim=0).values, z)
    assert abs(float(torch.corrcoef(shuffled.T)[0, 1])) < 0.1
