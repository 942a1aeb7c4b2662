"""Anomaly scores: bounds at closed forms, AUROC by hand."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal

from pipeline.capabilities import Latent, Reconstructor
from pipeline.latent.anomaly import (
    auroc,
    importance_weighted_bound,
    reconstruction_error,
    scores_of,
)
from pipeline.models.vae import VAEModel

D, Z, STD = 6, 2, 0.5


class Encoder(nn.Module):
    """The exact posterior of x = W z + noise with orthogonal columns, or one ``wider`` than it."""

    def __init__(self, weights: torch.Tensor, wider: float) -> None:
        super().__init__()
        precision = 1 + weights.square().sum(dim=0) / STD**2
        self.weights, self.precision, self.wider = weights, precision, wider

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        mean = x.flatten(1) @ self.weights / STD**2 / self.precision
        log_variance = (self.wider**2 / self.precision).log().expand_as(mean)
        return torch.cat([mean, log_variance], dim=1)


class Decoder(nn.Module):
    def __init__(self, weights: torch.Tensor) -> None:
        super().__init__()
        self.weights = weights

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return (z @ self.weights.T)[:, None, None, :]


def linear(wider: float = 1.0) -> tuple[VAEModel, torch.Tensor, torch.Tensor]:
    """A linear Gaussian VAE, samples [N, 1, 1, D] and their log p(x) [N]."""
    torch.manual_seed(0)
    weights = torch.linalg.qr(torch.randn(D, Z))[0] * torch.tensor([1.5, 0.7])
    model = VAEModel(Encoder(weights, wider), Decoder(weights), latent=Z, noise=STD)
    x = 1.3 * torch.randn(40, 1, 1, D)
    covariance = weights @ weights.T + STD**2 * torch.eye(D)
    return model, x, MultivariateNormal(torch.zeros(D), covariance).log_prob(x.flatten(1))


@pytest.mark.parametrize("draws", [1, 2, 16])
@torch.no_grad()
def test_with_the_exact_posterior_the_bound_is_the_likelihood_whatever_the_draws(draws):
    model, x, expected = linear()
    torch.testing.assert_close(importance_weighted_bound(model, x, draws), expected)


@torch.no_grad()
def test_with_another_posterior_the_bound_rises_to_the_likelihood():
    model, x, expected = linear(wider=1.6)
    means = [float(importance_weighted_bound(model, x, k).mean()) for k in (1, 8, 64, 4096)]
    assert means[0] < means[1] < means[2]
    assert means[0] < float(expected.mean()) - 0.05
    torch.testing.assert_close(
        importance_weighted_bound(model, x, 4096), expected, rtol=0, atol=0.05
    )
    assert float(model.score(x).mean()) == pytest.approx(means[0], abs=1.5)


@torch.no_grad()
def test_a_sample_is_scored_alike_whatever_its_neighbours_are():
    model, x, _ = linear(wider=1.6)
    for score in scores_of(model, known=x).values():
        torch.testing.assert_close(score(x)[3:4], score(x[3:4]))


@pytest.mark.parametrize(
    ("normal", "anomalous", "expected"),
    [
        ([1, 2, 3], [4, 5], 1.0),
        ([4, 5], [1, 2, 3], 0.0),
        ([1, 1], [1, 1, 1], 0.5),
        # Pairs: 1 < 2, 1 < 3, 2 = 2 (half), 2 < 3, 4 > 2, 4 > 3: 3.5 of 6.
        ([1, 2, 4], [2, 3], 3.5 / 6),
        ([-math.inf, 0], [0, math.inf], 3.5 / 4),
    ],
)
def test_auroc_by_hand(normal, anomalous, expected):
    assert auroc(normal, anomalous) == pytest.approx(expected)


def test_auroc_is_scikit_learns_with_many_ties():
    from sklearn.metrics import roc_auc_score

    draws = np.random.default_rng(1)
    low, high = draws.integers(0, 8, 70), draws.integers(2, 10, 50)
    expected = roc_auc_score(np.repeat([0, 1], [70, 50]), np.concatenate([low, high]))
    assert auroc(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("normal", "anomalous", "words"),
    [([], [1], "needs scores"), ([1], [], "needs scores"), ([1, math.nan], [1], "NaN")],
)
def test_what_has_no_auroc_is_refused(normal, anomalous, words):
    with pytest.raises(ValueError, match=words):
        auroc(normal, anomalous)


class Halving(nn.Module, Reconstructor, Latent):
    def reconstruct(self, x):
        return x / 2

    def encode(self, x):
        return x.flatten(1)[:, :2]

    def decode(self, z):
        return z[:, None, None, :]


def test_scores_are_those_that_the_model_can_give():
    vae, x, _ = linear()
    assert list(scores_of(vae)) == ["reconstruction", "elbo", "iwae", "kl"]
    assert list(scores_of(vae, known=x)) == ["reconstruction", "elbo", "iwae", "kl", "mahalanobis"]
    model = Halving()
    assert list(scores_of(model, known=x)) == ["reconstruction", "mahalanobis"]
    assert scores_of(object()) == {}
    expected = x.square().flatten(1).mean(dim=1) / 4
    torch.testing.assert_close(reconstruction_error(model, x), expected)
    distance = scores_of(model, known=x)["mahalanobis"]
    inner, outer = torch.zeros(1, 1, 1, D), torch.full((1, 1, 1, D), 20.0)
    assert float(distance(inner)) < 1 < 5 < float(distance(outer))
