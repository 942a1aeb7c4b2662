"""A variational autoencoder whose encoder also classifies (Amini et al. 2019)."""

from typing import Any

from torch import Tensor, nn

from pipeline.capabilities import Classifier
from pipeline.models.vae import VAEModel


class DBVAEModel(VAEModel, Classifier):
    """Encoder [N, C, H, W] -> mean, log-variance and logits [N, 2Z + classes]."""

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        *,
        latent: int,
        noise: float | None,
        names: tuple[str, ...],
    ) -> None:
        """Take networks as `VAEModel` does, and the ``names`` of classes."""
        super().__init__(encoder, decoder, latent=latent, noise=noise)
        self.class_names = names

    def outputs(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Compute mean and log-variance [N, Z] of q(z | x), and logits [N, classes]: in float32."""
        sizes = [self.latent, self.latent, len(self.class_names)]
        mean, log_variance, logits = self.encoder(x).float().split(sizes, dim=1)
        return mean, log_variance, logits

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the mean and log-variance [N, Z] of q(z | x), in float32."""
        return self.outputs(x)[:2]

    def classify(self, x: Tensor) -> Tensor:
        """Compute logits [N, classes]."""
        return self.outputs(x)[2]

    def features(self, x: Tensor) -> Tensor:
        """Compute what the encoder's last layer sees, [N, F]."""
        network: Any = self.encoder
        found: Tensor = network.features(x)
        return found.float()
