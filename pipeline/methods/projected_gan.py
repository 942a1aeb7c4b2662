"""Projected GANs: a discriminator that sees frozen features of a classifier (Sauer et al. 2021).

The features are those of a finished classifier of the project, in place of EfficientNet's. Real
and fake samples go through the classifier, random projections and small heads of several depths
(eq. 4); only the heads learn. The loss is the hinge loss.
"""

from abc import ABC
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor
from torch.optim import Optimizer

from pipeline.backbones import DecoderParams
from pipeline.backbones.convolutional import ConvDecoderParams
from pipeline.backbones.progressive import enlarge, halve
from pipeline.backbones.progressive_generator import ProgressiveGeneratorParams
from pipeline.backbones.projected import FrozenFeatures, ProjectedDiscriminatorParams
from pipeline.block import Count, Width, default_kind
from pipeline.losses.adversarial import Adversarial
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.pretrained import SecondStageRunParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.models.card import Pretrained
from pipeline.models.classifier import ClassifierModel
from pipeline.models.projected_gan import ProjectedGANModel
from pipeline.nn.shapes import shape_of
from pipeline.samples import DatasetSpec, Labelled, Spec


class ProjectedRunParams(GenerativeRunParams, AdversarialRunParams, SecondStageRunParams, ABC):
    """A run whose discriminator sees frozen features."""

    halvings: int = Field(0, ge=0, le=16)
    """Number of times that samples are halved before they are learnt; the model repeats its values
    as often, so they have the data set's size all the same. For a first stage that others grow
    from."""
    discriminator: ProjectedDiscriminatorParams = ProjectedDiscriminatorParams()
    loss: Adversarial = "hinge"
    discriminator_steps: Count = 1
    """Steps of the discriminator before each of the generator's, each on samples of its own."""
    optimizer: OptimizerParams = AdamParams(beta1=0.0, beta2=0.99)
    discriminator_optimizer: OptimizerParams = AdamParams(beta1=0.0, beta2=0.99)

    @property
    def batches_per_step(self) -> int:
        """One for each of the discriminator's steps."""
        return self.discriminator_steps

    def learnt(self, spec: Spec) -> Spec:
        """Return what the generator draws, samples of ``spec`` halved; raise ValueError where they
        do not halve so often."""
        _, height, width = shape_of(spec)
        multiple = 2**self.halvings
        if height % multiple or width % multiple:
            raise ValueError(
                f"halvings: found {self.halvings}, but samples of {height}x{width} do not halve "
                "so often"
            )
        return spec.model_copy(update={"height": height // multiple, "width": width // multiple})

    def build_method(self, model: ProjectedGANModel, spec: Spec) -> "ProjectedGAN":
        """Build the discriminator on the features that a model keeps."""
        assert isinstance(model.features, FrozenFeatures)
        network = self.discriminator.build(model.features, spec, model.classes)
        # Real and fake go through apart: batch norm's statistics must not mix them.
        return ProjectedGAN(self, model, self.build_adversary(network, joint=False))


class ProjectedGANParams(ProjectedRunParams):
    """The published values by default; the generator is DCGAN's."""

    method: Literal["projected_gan"]
    pretrained: str = Field(pattern=r"^classifiers/[^/]+$")
    """The classifier whose features the discriminator sees; the finished model keeps it."""
    latent: Width = 256
    conditional: bool = False
    """Tell generator and discriminator the class, which can be asked for when sampling then."""
    generator: Annotated[
        DecoderParams | ProgressiveGeneratorParams,
        Field(discriminator="kind"),
        default_kind("dcgan"),
    ] = ConvDecoderParams()

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> ProjectedGANModel:
        """Build the generator beside the classifier that was handed in.

        Raises ValueError where there is no classifier of such samples, or no class to tell.
        """
        spec = data.spec(self.domains)
        classes = self.count_classes(data) if self.conditional else 0
        network = self.generator.build(self.latent + classes, self.learnt(spec))
        return ProjectedGANModel(
            network,
            FrozenFeatures(self.classifier(pretrained, spec)),
            latent=self.latent,
            classes=classes,
            halvings=self.halvings,
        )

    def classifier(self, pretrained: Pretrained | None, spec: Spec) -> ClassifierModel:
        """Return the classifier that was handed in; raise ValueError where it can't see samples."""
        model, card = self.handed_in(pretrained)
        if not isinstance(model, ClassifierModel):
            raise ValueError(f"{self.pretrained} is not a classifier")
        seen = next(iter(card.data.specs.values()))
        if not seen.same_kind(spec):
            raise ValueError(f"{self.pretrained} has seen samples of {seen}, but these are {spec}")
        return model

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "ProjectedGAN":
        """Build the generator and its discriminator."""
        return self.build_method(self.build_model(data, pretrained), data.spec(self.domains))


class ProjectedGAN(Method[Labelled]):
    """See `ProjectedGANParams`."""

    params: ProjectedRunParams
    model: ProjectedGANModel

    def __init__(
        self, params: ProjectedRunParams, model: ProjectedGANModel, adversary: Adversary
    ) -> None:
        super().__init__(params, model)
        self.adversary = adversary

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generator`` and ``discriminator``, of what is not frozen."""
        return {
            "generator": self.params.optimizer.build(self.model),
            "discriminator": self.params.discriminator_optimizer.build(self.adversary),
        }

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield the discriminator's updates, then the generator's on the last fakes."""
        count = self.params.discriminator_steps
        for x, y in zip(batch.x.chunk(count), batch.y.chunk(count), strict=True):
            real, labels = self.shown(x), y if self.model.classes else None
            fake = self.model.decode(self.model.draw(len(x), device=x.device), labels)
            yield Update(
                "discriminator",
                *self.adversary.discriminator_loss(real, fake.detach(), step, labels=labels),
            )
        losses = Losses()
        losses.add("adversarial", self.adversary.generator_loss(fake, real=real, labels=labels))
        yield losses.update("generator")

    def shown(self, x: Tensor) -> Tensor:
        """Reduce real samples [N, C, H, W] to what the generator can draw, at the same size."""
        return enlarge(halve(x, self.params.halvings), self.params.halvings)
