"""Divergences from the prior, against torch.distributions."""

import torch
from torch.autograd import gradcheck
from torch.distributions import Normal, kl_divergence

from pipeline.losses.divergence import gaussian_kl, mean_kl


def test_kl_is_that_of_torch():
    mean, log_variance = torch.randn(5, 7), torch.randn(5, 7)
    q = Normal(mean, (0.5 * log_variance).exp())
    expected = kl_divergence(q, Normal(0.0, 1.0)).sum(dim=1)
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected)
    zero = torch.zeros(2, 3)
    assert torch.equal(gaussian_kl(zero, zero), torch.zeros(2))


def test_kl_at_variance_1_is_that_of_torch_a_value():
    mean = torch.randn(5, 3, 2, 7)
    expected = kl_divergence(Normal(mean, 1.0), Normal(0.0, 1.0)).mean()
    torch.testing.assert_close(mean_kl(mean), expected)
    rows = gaussian_kl(mean.flatten(1), torch.zeros(5, 42))
    torch.testing.assert_close(mean_kl(mean), rows.mean() / 42)
    assert float(mean_kl(torch.zeros(2, 3))) == 0


def test_gradients():
    a, b = (torch.randn(2, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert gradcheck(gaussian_kl, (a, b))
    assert gradcheck(mean_kl, (a,))
