"""The generator of a StyleGAN: samples of styles, truncated or mixed, of noise or without."""

from torch import Generator, Tensor, nn

from pipeline.backbones.styled import StyledGenerator, spread
from pipeline.capabilities import LatentSampler, StyleSpace
from pipeline.models.sampling import draw_labels
from pipeline.nn.noise import Noise
from pipeline.options import NOISE, PSI

NOISES: tuple[Noise, ...] = ("none", "fresh", "constant")
"""By the values of `NOISE`."""


class StyleGANModel(nn.Module, LatentSampler, StyleSpace):
    """Draws [N, Z] -> w [N, W] -> samples [N, C, H, W], kept within [-1, 1] where they are
    bounded; what the discriminator is shown in training is not."""

    options = (PSI, NOISE)

    def __init__(
        self, generator: StyledGenerator, *, latent: int, classes: int, bounded: bool
    ) -> None:
        """Take ``bounded`` samples as what lies in [-1, 1]."""
        super().__init__()
        self.generator, self.latent, self.classes = generator, latent, classes
        self.layers, self.bounded = generator.layers, bounded

    def sample(
        self,
        n: int,
        generator: Generator | None = None,
        condition: Tensor | None = None,
        psi: float | None = None,
        noise: float | None = None,
    ) -> Tensor:
        """Generate from normal draws, of fresh noise; of classes drawn evenly where none are asked.

        By ``psi`` below 1 w is truncated towards its mean: mean + psi (w - mean) (Karras et al.
        2019, appendix B). ``noise``: see `NOISES`.
        """
        labels = draw_labels(self.classes, n, generator, condition)
        device = next(self.parameters()).device
        w = self.to_w(
            self.draw(n, generator).to(device), None if labels is None else labels.to(device)
        )
        if psi is not None and psi != 1:
            w = self.generator.mapping.truncate(w, psi)
        ws = spread(w, self.layers)
        return self._drawn(ws, NOISES[1 if noise is None else int(noise)], generator)

    def generate(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generate what training shows the discriminator: mixed styles, fresh noise, no bounds."""
        y: Tensor = self.generator(z, labels)
        return y

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generate from draws [N, Z], of classes ``labels`` [N], with the noise that is kept."""
        return self.of_w(self.to_w(z, labels))

    def to_w(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map draws [N, Z], of classes ``labels`` [N], to w [N, W]; None: all of the first."""
        if self.classes and labels is None:
            labels = z.new_zeros(len(z)).long()
        w: Tensor = self.generator.mapping(z, labels if self.classes else None)
        return w

    def synthesise(self, ws: Tensor) -> Tensor:
        """Draw samples [N, C, H, W] of a w for each layer [N, L, W], with the kept noise."""
        return self._drawn(ws, "constant")

    def _drawn(self, ws: Tensor, noise: Noise, generator: Generator | None = None) -> Tensor:
        y: Tensor = self.generator.synthesis(ws, noise, generator)
        return y.clamp(-1, 1) if self.bounded else y
