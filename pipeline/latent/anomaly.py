"""Anomaly scores of samples by a model, higher for what is more unlike its training data."""

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import rankdata
from torch import Generator, Tensor

from pipeline.capabilities import Latent, Reconstructor, Scorer
from pipeline.losses.divergence import gaussian_kl
from pipeline.losses.reconstruction import gaussian_nll

DRAWS = 64
"""Of the latent for an importance-weighted bound."""

Score = Callable[[Tensor], Tensor]
"""Samples [N, C, H, W] -> scores [N]."""


@runtime_checkable
class GaussianAutoencoder(Protocol):
    """A model with Gaussian posterior and observations, and the prior N(0, 1): a VAE."""

    latent: int
    log_variance: Tensor
    """Of the observations: one number for all values."""

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute mean and log-variance [N, Z] of q(z | x)."""
        ...

    def decode(self, z: Tensor) -> Tensor:
        """Compute the observations' mean [N, C, H, W]."""
        ...


class KnownLatents(NamedTuple):
    """A Gaussian of the latents of samples that are no anomalies."""

    mean: npt.NDArray[np.float64]
    """[Z]"""
    precision: npt.NDArray[np.float64]
    """[Z, Z], the inverse of their covariance."""

    @classmethod
    def fit(cls, latents: npt.NDArray[np.float64]) -> "KnownLatents":
        """Fit it to latents [N, Z], the covariance shrunken as Ledoit and Wolf (2004) do."""
        from sklearn.covariance import ledoit_wolf

        covariance, _ = ledoit_wolf(latents)
        return cls(latents.mean(axis=0), np.linalg.pinv(covariance, hermitian=True))


def scores_of(model: object, known: Tensor | None = None, draws: int = DRAWS) -> dict[str, Score]:
    """Return the scores that a model can give, by name.

    ``known``: samples [N, C, H, W] that are no anomalies, which the Mahalanobis distance needs.
    """
    found: dict[str, Score] = {}
    if isinstance(model, Reconstructor):
        found["reconstruction"] = lambda x: reconstruction_error(model, x)
    if isinstance(model, Scorer):
        found["elbo"] = lambda x: -model.score(x)
    if isinstance(model, GaussianAutoencoder):
        found["iwae"] = lambda x: -importance_weighted_bound(model, x, draws)
        found["kl"] = lambda x: gaussian_kl(*model.posterior(x))
    if isinstance(model, Latent) and known is not None:
        latents = KnownLatents.fit(to_array(model.encode(known)))
        found["mahalanobis"] = lambda x: latent_distance(model, latents, x)
    return found


def reconstruction_error(model: Reconstructor, x: Tensor) -> Tensor:
    """Compute mean squared errors of reconstructions [N] of samples [N, C, H, W]."""
    return (model.reconstruct(x).float() - x.float()).square().flatten(1).mean(dim=1)


def latent_distance(model: Latent, latents: KnownLatents, x: Tensor) -> Tensor:
    """Compute Mahalanobis distances [N] of the latents of samples from known ones, over sqrt(Z)."""
    away = to_array(model.encode(x)) - latents.mean
    squares = np.einsum("ni,ij,nj->n", away, latents.precision, away)
    return torch.from_numpy(np.sqrt(squares.clip(0) / away.shape[1]))


def importance_weighted_bound(model: GaussianAutoencoder, x: Tensor, draws: int = DRAWS) -> Tensor:
    """Estimate the importance-weighted bound on log p(x), nats [N]: Burda et al. 2016, eq. 8.

    log of the mean over ``draws`` of p(x, z) / q(z | x), z from q. In expectation it does not fall
    with more draws, 1 gives the ELBO, and it tends to log p(x). The draws are the same for every
    sample, so that a score does not depend on its neighbours.
    """
    noise = torch.randn(draws, 1, model.latent, generator=Generator().manual_seed(0)).to(x.device)
    mean, log_variance = model.posterior(x)
    logs = []
    for draw in noise:
        z = mean + (0.5 * log_variance).exp() * draw
        likelihood = -gaussian_nll(x, model.decode(z).float(), model.log_variance)
        # log p(z) - log q(z | x): the constants of both are the same.
        ratio = 0.5 * (draw.square() + log_variance - z.square()).sum(dim=1)
        logs.append(likelihood + ratio)
    return torch.stack(logs).logsumexp(dim=0) - math.log(draws)


def auroc(normal: npt.ArrayLike, anomalous: npt.ArrayLike) -> float:
    """Compute the area under the ROC curve of scores: 0.5 tells nothing apart, 1 everything.

    It is the share of pairs in which the anomalous one has the higher score, equal ones counted
    half (Mann and Whitney's U over the number of pairs). Raises ValueError where either is empty or
    a score is NaN.
    """
    low, high = np.asarray(normal, np.float64), np.asarray(anomalous, np.float64)
    if not len(low) or not len(high):
        raise ValueError("an AUROC needs scores of normal and of anomalous samples")
    both = np.concatenate([low, high])
    if np.isnan(both).any():
        raise ValueError("a score is NaN")
    ranks = rankdata(both)[len(low) :]  # of equal ones the mean
    return float((ranks.sum() - len(high) * (len(high) + 1) / 2) / (len(low) * len(high)))


def to_array(latents: Tensor) -> npt.NDArray[np.float64]:
    """Return latents [N, ...] as an array [N, Z]."""
    flat: npt.NDArray[np.float64] = latents.detach().flatten(1).cpu().double().numpy()
    return flat
