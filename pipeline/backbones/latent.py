"""A network between the latents of a finished VQ model."""

from typing import ClassVar, Literal

from torch import Tensor, nn
from torch.nn.functional import silu

from pipeline.backbones.vqgan import Residual, VqganParams, norm
from pipeline.block import Block, Layers, Width


class LatentTranslationParams(Block):
    """Residual blocks between the latents of the VQ model that ``pretrained: models/NAME`` names.

    Width of its blocks, their number, and whether the VQ model learns too.
    """

    norm: ClassVar[str] = "group"  # the VQ model's

    kind: Literal["latent"] = "latent"
    tokenizer: Literal["frozen", "tuned"] = "frozen"
    """``frozen``: the VQ model's encoder and decoder stay as they are; ``tuned``: they learn
    too."""
    width: Width = 128
    """Channels of the residual blocks."""
    blocks: Layers = 4
    groups: Width = 32
    """Of group normalisation, at most: they divide the channels."""

    def build(self, dim: int) -> "LatentNetwork":
        """Build a network of latents [N, dim, h, w] -> the same."""
        return LatentNetwork(dim, self)


class LatentNetwork(nn.Module):
    """See `LatentTranslationParams`. Predicts the change to a latent, and begins close to none."""

    def __init__(self, dim: int, params: LatentTranslationParams) -> None:
        super().__init__()
        width, like = params.width, VqganParams(groups=params.groups)
        self.conv_in = nn.Conv2d(dim, width, 3, padding=1)
        self.blocks = nn.Sequential(*(Residual(width, width, like) for _ in range(params.blocks)))
        self.norm_out = norm(width, params.groups)
        self.conv_out = nn.Conv2d(width, dim, 3, padding=1)
        nn.init.normal_(self.conv_out.weight, 0.0, 0.01)

    def forward(self, z: Tensor) -> Tensor:
        """Map [N, dim, h, w] to the same shape."""
        change: Tensor = self.conv_out(silu(self.norm_out(self.blocks(self.conv_in(z)))))
        return z + change
