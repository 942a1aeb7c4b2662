"""StyleGAN's mapping network: from normal draws and classes to the intermediate latent w.

Karras et al. 2019, section 2; classes as in StyleGAN2-ADA (Karras et al. 2020a), whose
discriminator maps them alike.
"""

from itertools import pairwise

import torch
from torch import Tensor, cat, nn
from torch.nn.functional import one_hot

from pipeline.nn.equalised import EqualisedLinear, PixelNorm
from pipeline.nn.scaled_activation import scaled_leaky_relu
from pipeline.system.distributed import all_reduce_mean, synced

LR_MULTIPLIER = 0.01
MEAN_DECAY = 0.995
"""Share of its value that the mean of w keeps each time that it is followed."""


class Mapping(nn.Module):
    """Layers of the equalised learning rate, a hundredth of that of others, and the mean of w."""

    mean: Tensor

    def __init__(self, latent: int, classes: int, dim: int, layers: int) -> None:
        """Take the lengths of z, 0 for none, and of w, and as many classes as it is told."""
        super().__init__()
        self.classes = classes
        self.norm = PixelNorm()
        self.embed = EqualisedLinear(classes, dim) if classes else None
        inputs = latent + (dim if classes else 0)
        widths = [inputs, *[dim] * layers]
        self.layers = nn.ModuleList(
            EqualisedLinear(a, b, lr_multiplier=LR_MULTIPLIER) for a, b in pairwise(widths)
        )
        self.register_buffer("mean", torch.zeros(dim))

    def forward(self, z: Tensor | None, labels: Tensor | None = None) -> Tensor:
        """Map draws [N, Z], where there are any, and classes [N] to w [N, W], float32."""
        parts = [] if z is None else [self.norm(z.float())]
        with torch.autocast(self.mean.device.type, enabled=False):
            if self.embed is not None:
                assert labels is not None
                parts.append(self.norm(self.embed(one_hot(labels, self.classes).float())))
            w = cat(parts, dim=1)
            for layer in self.layers:
                w = scaled_leaky_relu(layer(w))
        return w

    @torch.no_grad()
    def follow(self, w: Tensor) -> None:
        """Move the mean of w towards that of a batch [N, W]."""
        mean = w.detach().mean(dim=0)
        self.mean.lerp_(all_reduce_mean(mean) if synced() else mean, 1 - MEAN_DECAY)

    def truncate(self, w: Tensor, psi: float) -> Tensor:
        """Move w [..., W] towards its mean: mean + psi (w - mean)."""
        return torch.lerp(self.mean, w, psi)
