"""An autoencoder: a short code without a distribution (Hinton & Salakhutdinov 2006)."""

from torch import Tensor, nn

from pipeline.capabilities import Latent, Reconstructor


class AutoencoderModel(nn.Module, Reconstructor, Latent):
    """Encoder [N, C, H, W] -> codes [N, Z]; decoder [N, Z] -> samples."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def reconstruct(self, x: Tensor) -> Tensor:
        """Encode and decode."""
        return self.decode(self.encode(x))

    def encode(self, x: Tensor) -> Tensor:
        """Compute the code."""
        z: Tensor = self.encoder(x)
        return z

    def decode(self, z: Tensor) -> Tensor:
        """Compute what the code stands for."""
        y: Tensor = self.decoder(z)
        return y
