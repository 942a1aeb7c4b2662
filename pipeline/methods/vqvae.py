"""VQ-VAE: an autoencoder whose code is a grid of codebook entries (van den Oord et al. 2017)."""

from collections.abc import Iterator
from typing import Literal

from torch.nn.functional import mse_loss
from torch.optim import Optimizer

from pipeline.backbones.vqgan import VqganParams
from pipeline.methods.base import AdamParams, Method, Update, VQRunParams
from pipeline.models.vq import VQModel, VQNetworkParams
from pipeline.nn.quantiser import QuantiserParams, perplexity, use
from pipeline.samples import Batch, Labelled, Spec


class VQVAEParams(VQRunParams):
    """A codebook of moving averages, which the paper's appendix A.1 prefers, kept in use."""

    method: Literal["vqvae"]
    network: VQNetworkParams = VqganParams()
    quantiser: QuantiserParams = QuantiserParams(
        codes=512, dim=64, learns="ema", start="kmeans", revive=0.1
    )
    optimizer: AdamParams = AdamParams(beta1=0.9)

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> VQModel:
        """Encoder, codebook and decoder."""
        return VQModel(self.spec(specs), self.network, self.quantiser, laplace=False)

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "VQVAE":
        """The model and its losses."""
        return VQVAE(self.build_model(specs, classes), adam=self.optimizer)


class VQVAE(Method):
    """See `VQVAEParams`; batches are `Labelled`, whose labels it ignores."""

    def __init__(self, model: VQModel, *, adam: AdamParams) -> None:
        super().__init__()
        self.model: VQModel = model
        self.adam = adam

    def optimizers(self) -> dict[str, Optimizer]:
        """``model``."""
        return {"model": self.adam.build(self.model)}

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """One update of the reconstruction error and the commitment (eq. 3)."""
        assert isinstance(batch, Labelled)
        if step == 0:
            self.model.quantiser.begin(self.model.vectors(batch.x))
        y, found = self.model(batch.x)
        error = mse_loss(y, batch.x)
        logs = {
            "l2": error,
            "perplexity": perplexity(found.codes, self.model.codes),
            "use": use(found.codes, self.model.codes),
        }
        yield Update("model", error + found.loss, logs)
        self.model.quantiser.update_ema(found)
