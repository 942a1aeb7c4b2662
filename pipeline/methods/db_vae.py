"""DB-VAE: a classifier that sees more of what is rare among its class (Amini et al. 2019).

Its encoder also gives the code of a VAE. Samples of rare codes are drawn more often, so that what
few samples of a class show is learnt, too, without anyone having named it. The loss is eq. 4:

    weight * cross-entropy + (-ELBO) / values of a sample

Known to differ from the paper: it weighs all of the data set once an epoch; here each step reads
``candidates`` batches and draws one from them, so that what a run reads stays a function of seed
and step, and nothing is drawn more than ``candidates`` times as often. Histograms are of the codes
seen last. Codes of all classes are learnt, where theirs are of faces alone.
"""

from collections.abc import Iterator
from typing import Literal

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from pipeline.backbones import DecoderParams, EncoderParams
from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.block import Block, Count, Width
from pipeline.losses.divergence import gaussian_kl
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.methods.vae import build_optimizer
from pipeline.models.card import Pretrained
from pipeline.models.db_vae import DBVAEModel
from pipeline.models.vae import reparameterised
from pipeline.nn.code_density import (
    CodeMemory,
    balanced,
    draw_without_replacement,
    log_rarity,
)
from pipeline.samples import DatasetSpec, Labelled


class DebiasParams(Block):
    """Draws samples more often, the fewer of their class have codes like theirs."""

    bins: int = Field(10, ge=2, le=1000)
    """Of the histogram of each number of a code."""
    alpha: PositiveFloat = 0.01
    """Added to each share before it divides: the more, the nearer samples are to equal."""
    candidates: int = Field(4, ge=2, le=64)
    """Batches that are read a step, of whose samples one batch is drawn."""
    memory: Count = 2048
    """Codes that histograms are made of, the last ones."""


class DBVAEParams(GenerativeRunParams):
    """A classifier of classes or domains, and a VAE, by one encoder."""

    method: Literal["db_vae"]
    latent: Width = 16
    encoder: EncoderParams = ConvEncoderParams(norm="none")
    decoder: DecoderParams = ConvDecoderParams(norm="none")
    beta: NonNegativeFloat = 1.0
    """Weight of the KL term."""
    noise: PositiveFloat | None = None
    """Fixed standard deviation of the observations; None learns it (Rybkin et al. 2021)."""
    supervised_weight: PositiveFloat = 1.0
    """Of the cross-entropy."""
    debias: DebiasParams | None = DebiasParams()
    """None: samples come as they are."""
    optimizer: OptimizerParams = AdamParams(lr=1e-3, beta1=0.9)

    @property
    def batches_per_step(self) -> int:
        """The candidates for a batch."""
        return 1 if self.debias is None else self.debias.candidates

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> DBVAEModel:
        """Build encoder and decoder; raise ValueError where there is nothing to tell apart."""
        if len(data.classes) < 2:
            raise ValueError(f"db_vae: {', '.join(self.domains)} has no classes to tell apart")
        spec = data.spec(self.domains)
        return DBVAEModel(
            self.encoder.build(spec, 2 * self.latent + len(data.classes)),
            self.decoder.build(self.latent, spec),
            latent=self.latent,
            noise=self.noise,
            names=data.classes,
        )

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "DBVAE":
        """Build the model, its loss, and the memory of codes."""
        return DBVAE(self, self.build_model(data))


class DBVAE(Method[Labelled]):
    """See `DBVAEParams`."""

    params: DBVAEParams
    model: DBVAEModel

    def __init__(self, params: DBVAEParams, model: DBVAEModel) -> None:
        super().__init__(params, model)
        size = params.batch * params.batches_per_step
        debias = params.debias
        # All of a step's candidates are weighed among the codes that are kept.
        self.memory = None if debias is None else CodeMemory(max(debias.memory, size), model.latent)

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``model``; the observation noise learns faster, for it has a long way to go."""
        return {"model": build_optimizer(self.params.optimizer, self.model)}

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield one update, on the samples that are drawn of the batch."""
        x, labels = batch.x, batch.y
        if self.params.debias is not None:
            chosen = self.choose(x, labels, self.params.debias)
            x, labels = x[chosen], labels[chosen]
        mean, log_variance, logits = self.model.outputs(x)
        nll = self.model.nll(x, reparameterised(mean, log_variance)).mean()
        kl = gaussian_kl(mean, log_variance).mean()
        losses = Losses()
        losses.add("cross_entropy", cross_entropy(logits, labels), self.params.supervised_weight)
        values = x[0].numel()
        losses.add("nll", nll, 1 / values)
        losses.add("kl", kl, self.params.beta / values)
        losses.log(accuracy=(logits.argmax(dim=1) == labels).float().mean())
        yield losses.update("model")

    @torch.no_grad()
    def choose(self, x: Tensor, labels: Tensor, debias: DebiasParams) -> Tensor:
        """Draw the places of a batch from samples [N, C, H, W] of classes [N], rare ones more."""
        assert self.memory is not None
        classes = len(self.model.class_names)
        self.memory.push(self.model.encode(x), labels)
        rarity = log_rarity(
            self.memory.codes,
            self.memory.labels,
            classes=classes,
            bins=debias.bins,
            alpha=debias.alpha,
        )[-len(x) :]
        count = len(x) // debias.candidates
        return draw_without_replacement(balanced(rarity, labels, classes), count)
