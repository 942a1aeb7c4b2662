"""Variational autoencoder (Kingma & Welling 2014): beta, capacity, learnt observation noise."""

from collections.abc import Iterator
from typing import Literal

from pydantic import NonNegativeFloat, PositiveFloat
from torch.optim import Optimizer

from pipeline.backbones import DecoderParams, EncoderParams
from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.block import Block, Steps, Width
from pipeline.methods.base import Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.models.card import Pretrained
from pipeline.models.vae import VAEModel
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
    optimizer: OptimizerParams = AdamParams(lr=1e-3, beta1=0.9)

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

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``model``; the observation noise learns faster, for it has a long way to go."""
        networks = self.params.optimizer.build(self.model.encoder, self.model.decoder)
        if self.model.log_variance.requires_grad:
            lr = NOISE_LR * self.params.optimizer.lr
            networks.add_param_group({"params": [self.model.log_variance], "lr": lr})
        return {"model": networks}

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield one update of the negative (beta-)ELBO, in nats a value so that lrs carry over."""
        nll, kl = self.model.elbo(batch.x)
        nll, kl = nll.mean(), kl.mean()
        capacity = self.params.capacity
        excess = kl if capacity is None else (kl - capacity.at(step)).abs()
        loss = (nll + self.params.beta * excess) / batch.x[0].numel()
        yield Update("model", loss, {"nll": nll, "kl": kl})
