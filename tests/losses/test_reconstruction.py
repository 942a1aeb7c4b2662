"""Likelihoods, against torch.distributions and their own integrals."""

import math

import pytest
import torch
from torch.autograd import gradcheck
from torch.distributions import Normal

from pipeline.losses.reconstruction import gaussian_nll, logit_laplace_nll


def test_nll_is_that_of_torch():
    x, mean = torch.randn(4, 3, 2, 5), torch.randn(4, 3, 2, 5)
    for log_variance in (-1.3, 0.0, 0.7):
        p = Normal(mean, math.exp(0.5 * log_variance))
        expected = -p.log_prob(x).flatten(1).sum(dim=1)
        torch.testing.assert_close(gaussian_nll(x, mean, torch.tensor(log_variance)), expected)


def test_the_gradient_of_the_nll():
    x, mean = (torch.randn(2, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    log_variance = torch.tensor(0.4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(gaussian_nll, (x, mean, log_variance))


def test_the_best_noise_is_the_mean_squared_error():
    x, mean = torch.randn(3, 50), torch.randn(3, 50)
    log_variance = (x - mean).square().mean().log().requires_grad_()
    gaussian_nll(x, mean, log_variance).sum().backward()
    assert abs(float(log_variance.grad)) < 1e-3


def test_a_logit_laplace_density_has_an_integral_of_1():
    edges = torch.linspace(0, 1, 200_001, dtype=torch.float64)
    x = (edges[1:] + edges[:-1]) / 2
    for mean, log_scale in ((0.0, 0.0), (-1.5, -1.0), (2.0, 0.3)):
        found = [
            logit_laplace_nll(part, torch.full_like(part, mean), torch.full_like(part, log_scale))
            for part in x.chunk(x.numel())[::20_000]
        ]
        assert all(torch.isfinite(nll) for nll in found)
        distance = (x.logit() - mean).abs() * math.exp(-log_scale)
        density = (-distance).exp() / (2 * math.exp(log_scale) * x * (1 - x))
        assert float(density.mean()) == pytest.approx(1, abs=2e-3)
        torch.testing.assert_close(
            torch.stack(found), -density[::20_000].log(), rtol=1e-6, atol=1e-6
        )
    x = torch.rand(6, dtype=torch.float64) * 0.8 + 0.1
    mean, log_scale = (torch.randn(6, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert gradcheck(lambda m, s: logit_laplace_nll(x, m, s), (mean, log_scale))
