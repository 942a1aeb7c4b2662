"""Autoencoder: samples squeezed through a short code and back (Hinton & Salakhutdinov 2006)."""

from collections.abc import Iterator
from typing import Literal

from torch.nn.functional import l1_loss, mse_loss
from torch.optim import Optimizer

from pipeline.backbones import DecoderParams, EncoderParams
from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.block import Width
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.corruption import CorruptionParams, corrupted
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.models.autoencoder import AutoencoderModel
from pipeline.models.card import Pretrained
from pipeline.samples import DatasetSpec, Labelled

LOSSES = {"l1": l1_loss, "l2": mse_loss}


class AutoencoderParams(GenerativeRunParams):
    """A code without a distribution: nothing to sample from, and the least error for its size."""

    method: Literal["autoencoder"]
    latent: Width = 32
    """Numbers of a code."""
    encoder: EncoderParams = ConvEncoderParams(norm="none")
    decoder: DecoderParams = ConvDecoderParams(norm="none")
    loss: Literal["l1", "l2"] = "l2"
    corruption: CorruptionParams | None = None
    """None: it sees what it is asked for. Else a denoising autoencoder (Vincent et al. 2008)."""
    optimizer: OptimizerParams = AdamParams(lr=1e-3, beta1=0.9)

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> AutoencoderModel:
        """Build encoder and decoder."""
        spec = data.spec(self.domains)
        return AutoencoderModel(
            self.encoder.build(spec, self.latent), self.decoder.build(self.latent, spec)
        )

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "Autoencoder":
        """Build the model and its loss."""
        return Autoencoder(self, self.build_model(data))


class Autoencoder(Method[Labelled]):
    """See `AutoencoderParams`; labels are ignored."""

    params: AutoencoderParams
    model: AutoencoderModel

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``model``."""
        return {"model": self.params.optimizer.build(self.model)}

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield one update of the reconstruction error."""
        losses, kind = Losses(), self.params.loss
        seen = corrupted(self.params.corruption, batch.x)
        losses.add(kind, LOSSES[kind](self.model.reconstruct(seen).float(), batch.x))
        yield losses.update("model")
