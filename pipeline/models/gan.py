"""The generator of a GAN."""

from torch import Generator, Tensor, nn

from pipeline.capabilities import LatentSampler
from pipeline.models.sampling import draw_labels, draw_latents
from pipeline.options import TRUNCATION


class GANModel(nn.Module, LatentSampler):
    """Generator [N, Z] -> samples [N, C, H, W]; with classes it takes labels [N] beside draws."""

    options = (TRUNCATION,)

    def __init__(self, generator: nn.Module, *, latent: int, classes: int = 0) -> None:
        super().__init__()
        self.generator = generator
        self.latent = latent
        self.classes = classes

    def sample(
        self,
        n: int,
        generator: Generator | None = None,
        condition: Tensor | None = None,
        truncation: float = TRUNCATION.neutral,
    ) -> Tensor:
        """Generate from normal draws; of classes drawn evenly where none are asked for."""
        labels = draw_labels(self.classes, n, generator, condition)
        z = draw_latents(self, n, generator, truncation).to(next(self.parameters()).device)
        return self.decode(z, None if labels is None else labels.to(z.device))

    def generate(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generate what training shows the discriminator, from draws [N, Z] of classes [N]."""
        return self.decode(z, labels)

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Generate from draws [N, Z], of classes ``labels`` [N]; None: all of the first class."""
        if not self.classes:
            y: Tensor = self.generator(z)
            return y
        if labels is None:
            labels = z.new_zeros(len(z)).long()
        of_class: Tensor = self.generator(z, labels)
        return of_class
