"""Autoencoders of two domains around one latent (UNIT, Liu et al. 2017)."""

from collections.abc import Mapping

from torch import Tensor, nn

from pipeline.backbones.vae import GaussianLatent, VaeEncoder
from pipeline.capabilities import Translator


class SharedLatent(nn.Module, Translator):
    """Autoencoders of several domains around one latent."""

    multiple = VaeEncoder.multiple

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        latent: GaussianLatent,
        decoders: Mapping[str, nn.Module],
        directions: dict[str, tuple[str, ...]],
    ) -> None:
        """Take ``encoders`` and ``decoders`` by domain, ``directions`` as target -> its one
        source."""
        super().__init__()
        self.encoders, self.decoders = nn.ModuleDict(encoders), nn.ModuleDict(decoders)
        self.latent = latent
        self.directions = directions

    def mean(self, x: Tensor, domain: str) -> Tensor:
        """Map samples [N, C, H, W] of a domain to means of their posteriors, in float32."""
        return self.latent.mean(self.encoders[domain](x))

    def decode(self, mean: Tensor, to: str) -> Tensor:
        """Decode means to samples [N, C, H, W] of a domain; from a draw in training."""
        y: Tensor = self.decoders[to](self.latent(mean))
        return y

    def translate(self, x: Tensor, to: str) -> Tensor:
        """Translate samples [N, C, H, W] of ``directions[to]`` to samples of ``to``.

        The latents are the posteriors' means.
        """
        (source,) = self.directions[to]
        self.eval()
        return self.decode(self.mean(x, source), to)
