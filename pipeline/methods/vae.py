"""Variational autoencoder (Kingma & Welling 2014) and what later work adds to its bound.

Weights of the KL term and of the total correlation within it, a capacity, learnt observation
noise, corrupted samples.
"""

from collections.abc import Iterator
from typing import Literal, Self

import torch
from pydantic import NonNegativeFloat, PositiveFloat, model_validator
from torch import Tensor
from torch.optim import Optimizer

from pipeline.backbones import DecoderParams, EncoderParams
from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.block import Block, Steps, Width
from pipeline.losses.divergence import gaussian_kl
from pipeline.losses.total_correlation import minibatch_total_correlation
from pipeline.methods.base import Method, Update
from pipeline.methods.corruption import CorruptionParams, corrupted
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.methods.total_correlation import (
    OPTIMIZER,
    CodeDiscriminator,
    DiscriminatorTCParams,
    TotalCorrelationParams,
)
from pipeline.models.card import Pretrained
from pipeline.models.vae import VAEModel, reparameterised
from pipeline.samples import DatasetSpec, Labelled

NOISE_LR = 10.0  # times the networks' learning rate


class CapacityParams(Block):
    """A capacity for the code, opened little by little (Burgess et al. 2018, eq. 8).

    The factor that explains most of the picture then gets a number of its own before the next.
    """

    nats: PositiveFloat = 25.0
    """The KL term's final target; theirs, on sprites."""
    steps: Steps = 100_000
    """Steps in which it rises there, evenly from 0."""

    def at(self, step: int) -> float:
        """Compute the nats at a step."""
        return self.nats * min(1.0, step / self.steps)


class VAEParams(GenerativeRunParams):
    """Gaussian latent, Gaussian observations of one variance for all values."""

    method: Literal["vae"]
    latent: Width = 32
    encoder: EncoderParams = ConvEncoderParams(norm="none")
    decoder: DecoderParams = ConvDecoderParams(norm="none")
    beta: NonNegativeFloat = 1.0
    """Weight of the KL term; 1 is the ELBO, more disentangles (Higgins et al. 2017)."""
    capacity: CapacityParams | None = None
    """None: the KL term is pressed down. Else it is held to a capacity by ``beta``, which is their
    gamma then and large: 1,000 for theirs."""
    noise: PositiveFloat | None = None
    """Fixed standard deviation of the observations; None learns it (Rybkin et al. 2021)."""
    total_correlation: TotalCorrelationParams | None = None
    """None: weighted within the KL term alone. Else weighted beside it, so that numbers of the code
    are pressed to be independent, and not to tell less."""
    corruption: CorruptionParams | None = None
    """None: it sees what it is asked for. Else the posterior is that of corrupted samples, and the
    clean ones are observed (Im et al. 2017)."""
    optimizer: OptimizerParams = AdamParams(lr=1e-3, beta1=0.9)

    @model_validator(mode="after")
    def _has_numbers_to_correlate(self) -> Self:
        if self.total_correlation is None:
            return self
        if self.latent < 2:
            raise ValueError("total_correlation: a code of one number has none; set latent to 2+")
        if self.batch // self.accumulate < 2:
            raise ValueError(
                "total_correlation: found one sample at a time, allowed: a batch of two or more "
                "samples for each of accumulate's parts"
            )
        return self

    @property
    def batches_per_step(self) -> int:
        """One, and one more whose codes are shuffled for a discriminator of codes."""
        return 2 if isinstance(self.total_correlation, DiscriminatorTCParams) else 1

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> VAEModel:
        """Build encoder and decoder."""
        spec = data.spec(self.domains)
        return VAEModel(
            self.encoder.build(spec, 2 * self.latent),
            self.decoder.build(self.latent, spec),
            latent=self.latent,
            noise=self.noise,
        )

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "VAE":
        """Build the model and its ELBO."""
        return VAE(self, self.build_model(data))


class VAE(Method[Labelled]):
    """See `VAEParams`; labels are ignored."""

    params: VAEParams
    model: VAEModel

    def __init__(self, params: VAEParams, model: VAEModel) -> None:
        super().__init__(params, model)
        found = params.total_correlation
        self.discriminator: CodeDiscriminator | None = None
        if isinstance(found, DiscriminatorTCParams):
            self.discriminator = CodeDiscriminator(
                params.latent, width=found.width, layers=found.layers
            )

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``model``, and ``code_discriminator`` where there is one."""
        found = {"model": build_optimizer(self.params.optimizer, self.model)}
        if self.discriminator is not None:
            assert isinstance(self.params.total_correlation, DiscriminatorTCParams)
            found[OPTIMIZER] = self.params.total_correlation.optimizer.build(self.discriminator)
        return found

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield one update of the negative (beta-)ELBO, in nats a value so that lrs carry over.

        Then one of the discriminator of codes where there is one, on the second half of the batch.
        """
        x = batch.x if self.discriminator is None else batch.x[: len(batch.x) // 2]
        mean, log_variance = self.model.posterior(corrupted(self.params.corruption, x))
        z = reparameterised(mean, log_variance)
        nll, kl = self.model.nll(x, z).mean(), gaussian_kl(mean, log_variance).mean()
        capacity = self.params.capacity
        excess = kl if capacity is None else (kl - capacity.at(step)).abs()
        objective, logs = nll + self.params.beta * excess, {"nll": nll, "kl": kl}
        if self.params.total_correlation is not None:
            logs["total_correlation"] = self.total_correlation(z, mean, log_variance)
            weight = self.params.total_correlation.weight
            objective = objective + weight * logs["total_correlation"]
        yield Update("model", objective / x[0].numel(), logs)
        if self.discriminator is not None:
            yield self.discriminator.update(z.detach(), self.draw_codes(batch.x[len(x) :]))

    def total_correlation(self, z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
        """Estimate the total correlation of codes [N, Z], draws of their posteriors: a scalar."""
        if self.discriminator is None:
            return minibatch_total_correlation(z, mean, log_variance)
        logits: Tensor = self.discriminator(z)
        return logits.mean()

    @torch.no_grad()
    def draw_codes(self, x: Tensor) -> Tensor:
        """Draw a code [N, Z] of each sample's posterior, for the discriminator."""
        return reparameterised(*self.model.posterior(corrupted(self.params.corruption, x)))


def build_optimizer(params: OptimizerParams, model: VAEModel) -> Optimizer:
    """Build a VAE's optimiser; its observation noise learns faster, for it has a long way to go."""
    networks: Optimizer = params.build(model.encoder, model.decoder)
    if model.log_variance.requires_grad:
        lr = NOISE_LR * params.lr
        networks.add_param_group({"params": [model.log_variance], "lr": lr})
    return networks
