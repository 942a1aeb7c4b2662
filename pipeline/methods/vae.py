"""Variational autoencoder (Kingma & Welling 2014): beta, capacity, learnt observation noise."""

from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.block import Block
from pipeline.capabilities import Latent, LatentSampler, Reconstructor, Scorer
from pipeline.losses.divergence import gaussian_kl
from pipeline.losses.reconstruction import gaussian_nll
from pipeline.methods.base import AdamParams, GenerativeRunParams, Method, Update
from pipeline.samples import Batch, Labelled, Spec

NOISE_RATE = 10.0  # times the networks' rate
DRAWS = 8  # of the latent for a score


class CapacityParams(Block):
    """What the code may tell of a sample, opened little by little (Burgess et al. 2018, eq. 8).

    The factor that explains most of the picture then gets a number of its own before the next.
    """

    nats: PositiveFloat = 25.0
    """Where the KL term is led to; theirs, on sprites."""
    steps: PositiveInt = 100_000
    """Steps in which it rises there, evenly from 0."""

    def at(self, step: int) -> float:
        """Nats at a step."""
        return self.nats * min(1.0, step / self.steps)


class VAEParams(GenerativeRunParams):
    """Gaussian latent, Gaussian observations of one variance for all values."""

    method: Literal["vae"]
    latent: PositiveInt = 32
    encoder: ConvEncoderParams = ConvEncoderParams(norm="none")
    decoder: ConvDecoderParams = ConvDecoderParams(norm="none")
    beta: NonNegativeFloat = 1.0
    """Weight of the KL term; 1 is the ELBO, more disentangles (Higgins et al. 2017)."""
    capacity: CapacityParams | None = None
    """None: the KL term is pressed down. Else it is held to a capacity by ``beta``, which is their
    gamma then and large: 1,000 for theirs."""
    noise: PositiveFloat | None = None
    """Fixed standard deviation of the observations; None learns it (Rybkin et al. 2021)."""
    optimizer: AdamParams = AdamParams(rate=1e-3, beta1=0.9)

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "VAEModel":
        """Encoder and decoder."""
        spec = specs[self.domain]
        return VAEModel(
            self.encoder.build(spec, 2 * self.latent),
            self.decoder.build(self.latent, spec),
            latent=self.latent,
            noise=self.noise,
        )

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "VAE":
        """The model and its ELBO."""
        return VAE(
            self.build_model(specs, classes),
            beta=self.beta,
            capacity=self.capacity,
            adam=self.optimizer,
        )


class VAEModel(nn.Module, LatentSampler, Reconstructor, Latent, Scorer):
    """Encoder [N, C, H, W] -> mean and log-variance [N, 2Z]; decoder [N, Z] -> samples."""

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, *, latent: int, noise: float | None
    ) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.latent = latent
        self.classes = 0
        start = torch.tensor(1.0 if noise is None else noise).square().log()
        self.log_variance = nn.Parameter(start, requires_grad=noise is None)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance [N, Z] of q(z | x), in float32."""
        mean, log_variance = self.encoder(x).float().chunk(2, dim=1)
        return mean, log_variance

    def elbo(self, x: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """-log p(x | z) at one draw of z, and KL(q(z | x) || p(z)): nats [N] each.

        ``noise`` [N or 1, Z] is what z is drawn with; None draws it anew.
        """
        mean, log_variance = self.posterior(x)
        if noise is None:
            noise = torch.randn_like(mean)
        z = mean + (0.5 * log_variance).exp() * noise
        nll = gaussian_nll(x, self.decoder(z).float(), self.log_variance)
        return nll, gaussian_kl(mean, log_variance)

    def sample(
        self,
        n: int,
        generator: Generator | None = None,
        condition: Tensor | None = None,
        truncation: float = 1.0,
    ) -> Tensor:
        """Decodes draws from the prior."""
        return self.decode(self.draw(n, generator, truncation).to(self.log_variance.device))

    def reconstruct(self, x: Tensor) -> Tensor:
        """Decodes the posterior's mean."""
        return self.decode(self.encode(x))

    def encode(self, x: Tensor) -> Tensor:
        """The posterior's mean."""
        return self.posterior(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """The observations' mean."""
        y: Tensor = self.decoder(z)
        return y

    def score(self, x: Tensor) -> Tensor:
        """The ELBO in nats [N], at the same few draws for every sample."""
        noise = torch.randn(DRAWS, 1, self.latent, generator=Generator().manual_seed(0))
        bounds = []
        for draw in noise.to(x.device):
            nll, kl = self.elbo(x, draw)
            bounds.append(-(nll + kl))
        return torch.stack(bounds).mean(dim=0)


class VAE(Method):
    """See `VAEParams`; batches are `Labelled`, whose labels it ignores."""

    def __init__(
        self, model: VAEModel, *, beta: float, capacity: CapacityParams | None, adam: AdamParams
    ) -> None:
        super().__init__()
        self.model: VAEModel = model
        self.beta, self.capacity = beta, capacity
        self.adam = adam

    def optimizers(self) -> dict[str, Optimizer]:
        """``model``; the observation noise learns faster, for it has a long way to go."""
        networks = self.adam.build(self.model.encoder, self.model.decoder)
        if self.model.log_variance.requires_grad:
            rate = NOISE_RATE * self.adam.rate
            networks.add_param_group({"params": [self.model.log_variance], "lr": rate})
        return {"model": networks}

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """One update of the negative (beta-)ELBO, in nats a value so that rates carry over."""
        assert isinstance(batch, Labelled)
        nll, kl = self.model.elbo(batch.x)
        nll, kl = nll.mean(), kl.mean()
        excess = kl if self.capacity is None else (kl - self.capacity.at(step)).abs()
        loss = (nll + self.beta * excess) / batch.x[0].numel()
        yield Update("model", loss, {"nll": nll, "kl": kl})
