"""AdaIN-VC: one model for all speakers of a data set, and for others after a minute of them.

Chou, Yeh & Lee 2019 (arXiv:1904.05742), "One-shot Voice Conversion by Separating Speaker and
Content Representations with Instance Normalization". A variational autoencoder whose content
encoder takes the mean and variance over time out of every channel, and whose decoder is given them
anew by adaptive instance norm, from what a speaker encoder finds in the same chunk. Nobody tells it
who speaks; to convert is to decode one speaker's content beside another's embedding.
"""

from collections.abc import Iterator
from typing import Literal, Self

import torch
from pydantic import Field, NonNegativeFloat, model_validator
from torch.nn.functional import l1_loss
from torch.optim import Optimizer

from pipeline.backbones.adain_vc import AdaINVCNetworkParams
from pipeline.block import Side, Step
from pipeline.losses.divergence import mean_kl
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.runs import ManyToManyRunParams, check_sound
from pipeline.models.adain_vc import AdaINVCModel
from pipeline.models.card import Pretrained
from pipeline.samples import DatasetSpec, Labelled


class AdaINVCParams(ManyToManyRunParams):
    """The paper's values by default, for 200,000 steps of batch 128 (the authors' public code).

    Dropout is left out, as in that code, which adds to the paper that the divergence's weight rises
    (see ``kl_steps``), and has besides AMSGrad, gradients clipped to a norm of 5 and a weight decay
    of 1e-4, to which ``kind: adamw`` is near.
    """

    method: Literal["adain_vc"]
    crop: Side | None = 128
    """Frames of a random chunk: 1.6 s of the paper's."""
    chunk: int | None = Field(None, ge=8, le=2**20)
    """Frames that finished models convert at a time (`translate_in_chunks`); null, as in the
    paper: whole clips."""
    network: AdaINVCNetworkParams = AdaINVCNetworkParams()
    reconstruction_weight: NonNegativeFloat = 10.0
    """Weight of what is lost: L1 a value."""
    kl_weight: NonNegativeFloat = 0.01
    """Weight of the divergence of content codes, which have variance 1, from the prior: nats a
    value. The public code's is 1, of codes that choose their variance."""
    kl_steps: Step = 20_000
    """Steps in which that weight rises from 0, evenly, as in the public code; 0: it is there at
    once."""
    optimizer: OptimizerParams = AdamParams(lr=5e-4, beta1=0.9)

    @model_validator(mode="after")
    def _chunks_fit(self) -> Self:
        multiple = self.network.multiple
        if self.chunk is not None and self.chunk % multiple:
            raise ValueError(f"chunk: found {self.chunk}, allowed: multiples of {multiple}")
        return self

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> AdaINVCModel:
        """Build the three networks; raise ValueError where the samples are pictures."""
        check_sound(self.method, data)
        spec = data.spec(self.domains)
        features = spec.channels * spec.height
        return AdaINVCModel(
            self.network.build_content_encoder(features),
            self.network.build_speaker_encoder(features),
            self.network.build_decoder(features),
            self.every_direction,
            embedding=self.network.embedding,
            multiple=self.network.multiple,
            chunk=self.chunk,
        )

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "AdaINVC":
        """Build the model and its loss."""
        return AdaINVC(self, self.build_model(data))


class AdaINVC(Method[Labelled]):
    """See `AdaINVCParams`."""

    params: AdaINVCParams
    model: AdaINVCModel

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``model``."""
        return {"model": self.params.optimizer.build(self.model)}

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield one update of L1 and divergence, and follow the known speakers' embeddings."""
        params, model, losses = self.params, self.model, Losses()
        mean, embedding = model.encode_content(batch.x), model.embed(batch.x)
        code = mean + torch.randn_like(mean)
        copy = model.decode(code, embedding)
        losses.add("reconstruction", l1_loss(copy.float(), batch.x), params.reconstruction_weight)
        losses.add("kl", mean_kl(mean), params.kl_weight * self.share(step))
        model.known.observe(embedding.detach(), batch.y)
        yield losses.update("model")

    def share(self, step: int) -> float:
        """Compute the share of the divergence's weight at a step, from 0 to 1."""
        return min(1.0, step / self.params.kl_steps) if self.params.kl_steps else 1.0
