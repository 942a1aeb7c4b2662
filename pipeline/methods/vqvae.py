"""VQ-VAE: an autoencoder whose code is a grid of codebook entries (van den Oord et al. 2017)."""

from collections.abc import Iterator
from typing import Literal

from torch.nn.functional import mse_loss
from torch.optim import Optimizer

from pipeline.backbones.vqgan import VqganParams
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.models.card import Pretrained
from pipeline.models.vq import VQModel, VQNetworkParams
from pipeline.nn.quantiser import QuantiserParams, codebook_statistics
from pipeline.samples import DatasetSpec, Labelled


class VQVAEParams(GenerativeRunParams):
    """A codebook of moving averages, which the paper's appendix A.1 prefers, kept in use."""

    method: Literal["vqvae"]
    network: VQNetworkParams = VqganParams()
    quantiser: QuantiserParams = QuantiserParams(
        codes=512, dim=64, learns="ema", start="kmeans", revive=0.1
    )
    optimizer: OptimizerParams = AdamParams(beta1=0.9)

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> VQModel:
        """Build encoder, codebook and decoder."""
        return VQModel(data.spec(self.domains), self.network, self.quantiser, laplace=False)

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "VQVAE":
        """Build the model and its losses."""
        return VQVAE(self, self.build_model(data))


class VQVAE(Method[Labelled]):
    """See `VQVAEParams`; labels are ignored."""

    params: VQVAEParams
    model: VQModel

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``model``."""
        return {"model": self.params.optimizer.build(self.model)}

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield one update of the reconstruction error and the commitment (eq. 3)."""
        if step == 0:
            self.model.trained_quantiser.begin(self.model.vectors(batch.x))
        y, found = self.model(batch.x)
        losses = Losses()
        losses.add("l2", mse_loss(y, batch.x))
        losses.add("quantiser", found.loss)
        losses.log(**codebook_statistics(found.codes, self.model.codes))
        yield losses.update("model")
        self.model.trained_quantiser.update_ema(found)
