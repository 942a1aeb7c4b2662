"""A generator that grows from a finished one whose layers stay as they are, against the projected
discriminator.

Of StyleGAN-XL (Sauer et al. 2022, section 3) it has: training by stages, in which the layer to
pictures of a finished smaller generator is cut off, new layers follow and the old ones are frozen,
without a fade (progressive growing's second coming); the projected discriminator; and classes told
to both sides. It does not have: StyleGAN3's layers, two feature networks, a classifier's guidance,
and embeddings of classes from a pretrained network. Hence it has not its name.
"""

from typing import Literal

from pydantic import Field

from pipeline.backbones.progressive_generator import ProgressiveGeneratorParams
from pipeline.methods.projected_gan import ProjectedGAN, ProjectedRunParams
from pipeline.models.card import Pretrained
from pipeline.models.projected_gan import ProjectedGANModel
from pipeline.samples import DatasetSpec

GrowingParams = ProgressiveGeneratorParams
"""Generators that can be built on a smaller one of their kind: those with ``build_on``. A further
family joins as a union told apart by ``kind``."""


class GrownProjectedGANParams(ProjectedRunParams):
    """Doubles the size of a finished generator, once or more often."""

    method: Literal["grown_projected_gan"]
    pretrained: str = Field(pattern=r"^models/[^/]+$")
    """The finished model, of fewer doublings: a ``projected_gan`` with ``halvings``, or one that
    has grown itself. Latents, classes and the classifier are its own."""
    generator: GrowingParams = ProgressiveGeneratorParams()
    """Of the layers above those that are there."""

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> ProjectedGANModel:
        """Build new layers on the generator that was handed in.

        Raises ValueError where there is none that such samples could grow from.
        """
        spec = data.spec(self.domains)
        below, card = self.handed_in(pretrained)
        if not isinstance(below, ProjectedGANModel):
            raise ValueError(f"{self.pretrained} keeps no features: a projected_gan is needed")
        drawn = next(iter(card.data.specs.values()))
        if not drawn.same_kind(spec):
            raise ValueError(f"{self.pretrained} draws samples of {drawn}, but these are of {spec}")
        if below.classes and below.classes != len(data.classes):
            raise ValueError(
                f"{self.pretrained} was told {below.classes} classes, but here are "
                f"{len(data.classes)}"
            )
        try:
            network = self.generator.build_on(below.network, self.learnt(spec))
        except ValueError as error:
            raise ValueError(f"{self.pretrained}: {error}") from error
        return ProjectedGANModel(
            network,
            below.features,
            latent=below.latent,
            classes=below.classes,
            halvings=self.halvings,
        )

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> ProjectedGAN:
        """Build the generator and its discriminator."""
        return self.build_method(self.build_model(data, pretrained), data.spec(self.domains))
