"""Semi-supervised GANs: a classifier that also learns from samples without labels, and from fakes.

Salimans et al. 2016, section 5. The classifier has K classes and one for fakes: K + 1 logits, the
last of which is fixed at 0. It minimises -log p(y | x, y <= K) of the samples that have labels and,
of all samples and of fakes, a discriminator's loss with D(x) = Z / (Z + 1), Z = sum exp l. The
generator minimises how far apart the means of its samples' features and of real ones' are.
"""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import NonNegativeFloat, PositiveFloat, model_validator
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from pipeline.backbones import DecoderParams, EncoderParams
from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.block import Count, Width
from pipeline.losses.matching import mean_feature_matching
from pipeline.methods.adversarial import AdversarialRunParams
from pipeline.methods.adversary import Adversary
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams
from pipeline.methods.runs import GenerativeRunParams
from pipeline.models.card import Pretrained
from pipeline.models.sgan import AnyClass, SGANModel
from pipeline.samples import DatasetSpec, Labelled


class SGANParams(GenerativeRunParams, AdversarialRunParams):
    """``labelled`` of the training samples have labels, equally many of each class as far as may
    be; each step reads ``batch`` of those and ``batch`` of all."""

    method: Literal["sgan"]
    latent: Width = 100
    labelled: Count = 100
    """Training samples whose labels are read; which they are is drawn by the seed."""
    generator: DecoderParams = ConvDecoderParams()
    # Batch norm would classify by statistics of fakes too.
    discriminator: EncoderParams = ConvEncoderParams(norm="none")
    loss: Literal["nonsaturating"] = "nonsaturating"
    supervised_weight: PositiveFloat = 1.0
    """Of the cross-entropy of samples with labels."""
    matching_weight: NonNegativeFloat = 1.0
    """Of the distance of features' means, which the generator minimises."""
    adversarial_weight: NonNegativeFloat = 0.0
    """Of the adversarial loss of the generator beside it, which the paper leaves out here."""
    optimizer: OptimizerParams = AdamParams()
    discriminator_optimizer: OptimizerParams = AdamParams()

    @model_validator(mode="after")
    def _teaches_its_generator(self) -> Self:
        if not self.matching_weight and not self.adversarial_weight:
            raise ValueError(
                "matching_weight and adversarial_weight are both 0: nothing would teach the "
                "generator"
            )
        return self

    @model_validator(mode="after")
    def _classifies_unasked(self) -> Self:
        for name, network in (("generator", self.generator), ("discriminator", self.discriminator)):
            if network.told_classes:
                raise ValueError(f"{name}: an sgan tells its networks no class, but asks for it")
        return self

    @property
    def batches_per_step(self) -> int:
        """One of samples with labels, one of all."""
        return 2

    @property
    def labels_read(self) -> int:
        """The number of samples whose labels are read."""
        return self.labelled

    def build_model(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> SGANModel:
        """Build generator and classifier; raise ValueError where there is nothing to tell apart."""
        if len(data.classes) < 2:
            raise ValueError(f"sgan: {', '.join(self.domains)} has no classes to tell apart")
        if self.labelled < len(data.classes):
            raise ValueError(
                f"labelled: found {self.labelled}, allowed: {len(data.classes)} or more, one of "
                "each class"
            )
        spec = data.spec(self.domains)
        return SGANModel(
            self.generator.build(self.latent, spec),
            self.discriminator.build(spec, len(data.classes)),
            latent=self.latent,
            names=data.classes,
        )

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "SGAN":
        """Build both networks, and the discriminator that the classifier is."""
        model = self.build_model(data)
        return SGAN(self, model, self.build_adversary(AnyClass(model.classifier), joint=False))


class SGAN(Method[Labelled]):
    """See `SGANParams`."""

    params: SGANParams
    model: SGANModel

    def __init__(self, params: SGANParams, model: SGANModel, adversary: Adversary) -> None:
        super().__init__(params, model)
        self.adversary = adversary

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``generator`` and ``discriminator``, which classifies."""
        return {
            "generator": self.params.optimizer.build(self.model.generator),
            "discriminator": self.params.discriminator_optimizer.build(self.adversary),
        }

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield the classifier's update, then the generator's.

        Every second sample of the batch, from the first on, has a label.
        """
        labelled, labels, real = batch.x[::2], batch.y[::2], batch.x[1::2]
        fake = self.model.decode(self.model.draw(len(real), device=real.device))
        yield self.classify(labelled, labels, real, fake.detach(), step)
        self.adversary.clip()
        losses = Losses()
        params = self.params
        if params.matching_weight:
            features = self.model.features(fake), self.model.features(real).detach()
            losses.add("matching", mean_feature_matching(*features), params.matching_weight)
        if params.adversarial_weight:
            loss = self.adversary.generator_loss(fake, real=real)
            losses.add("adversarial", loss, params.adversarial_weight)
        yield losses.update("generator")

    def classify(
        self, labelled: Tensor, labels: Tensor, real: Tensor, fake: Tensor, step: int
    ) -> Update:
        """Compute the update of the classifier: what has labels, what has none, and fakes."""
        loss, logs = self.adversary.discriminator_loss(real, fake, step)
        logits = self.model.classify(labelled)
        supervised = cross_entropy(logits, labels)
        accuracy = (logits.argmax(dim=1) == labels).float().mean()
        logs |= {"cross_entropy": supervised, "accuracy": accuracy}
        return Update("discriminator", loss + self.params.supervised_weight * supervised, logs)
