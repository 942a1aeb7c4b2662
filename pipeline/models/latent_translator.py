"""Translation between the latents of one finished VQ model.

Its encoder and decoder, which have learnt to write samples of both domains, stand still or go on
learning; what is new is a small network at the size of the codes between them. Latents are not
rounded to codes on the way: it leads from vectors to vectors.
"""

from collections.abc import Mapping

from torch import Tensor, nn

from pipeline.backbones.latent import LatentNetwork
from pipeline.capabilities import Translator
from pipeline.models.vq import VQModel


class EncodeTranslateDecode(nn.Module):
    """A VQ model's encoder, a network between latents and the VQ model's decoder: one direction."""

    def __init__(self, tokenizer: VQModel, network: LatentNetwork) -> None:
        super().__init__()
        self.tokenizer, self.network = tokenizer, network
        self.multiple = tokenizer.multiple

    def forward(self, x: Tensor) -> Tensor:
        """Map samples [N, C, H, W] to the same shape, not clamped to their range."""
        z = self.network(self.tokenizer.vectors(x))
        return self.tokenizer.picture(self.tokenizer.draw(z))


class LatentTranslator(nn.Module, Translator):
    """Networks between the latents of one VQ model, whose encoder and decoder they share."""

    def __init__(
        self,
        tokenizer: VQModel,
        networks: Mapping[str, LatentNetwork],
        directions: dict[str, tuple[str, ...]],
        frozen: bool,
    ) -> None:
        """Take ``networks`` by target, ``directions`` as target -> its one source.

        ``frozen``: the VQ model does not learn.
        """
        super().__init__()
        self.tokenizer, self.networks = tokenizer, nn.ModuleDict(networks)
        self.directions, self.multiple = directions, tokenizer.multiple
        tokenizer.quantiser.requires_grad_(False)  # no latent meets the codebook
        if frozen:
            tokenizer.freeze()

    def generator(self, to: str) -> EncodeTranslateDecode:
        """Return the direction to ``to`` as one network, of the same weights."""
        network = self.networks[to]
        assert isinstance(network, LatentNetwork)
        return EncodeTranslateDecode(self.tokenizer, network)

    def translate(self, x: Tensor, to: str) -> Tensor:
        """Translate samples [N, C, H, W] of ``directions[to]`` to samples of ``to``.

        The translations are within their range.
        """
        self.eval()
        y: Tensor = self.generator(to)(x)
        return y.clamp(-1, 1) if self.tokenizer.bounded else y
