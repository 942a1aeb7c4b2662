"""Autoencoder: samples squeezed through a short code and back (Hinton & Salakhutdinov 2006)."""

from collections.abc import Iterator
from typing import Literal

from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss
from torch.optim import Optimizer

from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.capabilities import Latent, Reconstructor
from pipeline.methods.base import AdamParams, GenerativeRunParams, Method, Update
from pipeline.samples import Batch, Labelled, Spec

LOSSES = {"l1": l1_loss, "l2": mse_loss}


class AutoencoderParams(GenerativeRunParams):
    """A code without a distribution: nothing to sample from, and the least error for its size."""

    method: Literal["autoencoder"]
    latent: PositiveInt = 32
    """Numbers of a code."""
    encoder: ConvEncoderParams = ConvEncoderParams(norm="none")
    decoder: ConvDecoderParams = ConvDecoderParams(norm="none")
    loss: Literal["l1", "l2"] = "l2"
    optimizer: AdamParams = AdamParams(rate=1e-3, beta1=0.9)

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "AutoencoderModel":
        """Encoder and decoder."""
        spec = specs[self.domain]
        return AutoencoderModel(
            self.encoder.build(spec, self.latent), self.decoder.build(self.latent, spec)
        )

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "Autoencoder":
        """The model and its loss."""
        return Autoencoder(self.build_model(specs, classes), loss=self.loss, adam=self.optimizer)


class AutoencoderModel(nn.Module, Reconstructor, Latent):
    """Encoder [N, C, H, W] -> codes [N, Z]; decoder [N, Z] -> samples."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def reconstruct(self, x: Tensor) -> Tensor:
        """There and back."""
        return self.decode(self.encode(x))

    def encode(self, x: Tensor) -> Tensor:
        """The code."""
        z: Tensor = self.encoder(x)
        return z

    def decode(self, z: Tensor) -> Tensor:
        """What the code stands for."""
        y: Tensor = self.decoder(z)
        return y


class Autoencoder(Method):
    """See `AutoencoderParams`; batches are `Labelled`, whose labels it ignores."""

    def __init__(
        self, model: AutoencoderModel, *, loss: Literal["l1", "l2"], adam: AdamParams
    ) -> None:
        super().__init__()
        self.model: AutoencoderModel = model
        self.loss: Literal["l1", "l2"] = loss
        self.adam = adam

    def optimizers(self) -> dict[str, Optimizer]:
        """``model``."""
        return {"model": self.adam.build(self.model)}

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """One update of the reconstruction error."""
        assert isinstance(batch, Labelled)
        loss = LOSSES[self.loss](self.model.reconstruct(batch.x).float(), batch.x)
        yield Update("model", loss, {self.loss: loss})
