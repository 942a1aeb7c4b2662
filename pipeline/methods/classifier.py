"""A small classifier, whose opinion and features evaluation asks for."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from pipeline.block import Block, Halvings, Width
from pipeline.methods.base import Losses, Method, Update
from pipeline.methods.optimisers import AdamParams, OptimizerParams, ScheduleParams
from pipeline.methods.runs import DomainsRunParams
from pipeline.models.card import Pretrained
from pipeline.models.classifier import ClassifierModel
from pipeline.samples import DatasetSpec, Labelled


class ClassifierNetParams(Block):
    """Strided 3x3 convolutions, mean over space, one hidden layer, one linear layer."""

    width: Width = 32
    levels: Halvings = 4
    features: Width = 64
    """Size of the hidden layer, whose values are the features."""
    dropout: float = Field(0.3, ge=0, lt=1)


class ClassifierParams(DomainsRunParams):
    """Tells the classes of one domain apart, or several domains from each other."""

    reads = Labelled
    split = "classifier"
    # Standardised each by its own, two speakers would lose just what tells them apart.
    own_statistics = False

    method: Literal["classifier"] = "classifier"
    domains: tuple[str, ...] = Field(min_length=1)
    """One domain with classes, or two and more domains that are the classes."""
    network: ClassifierNetParams = ClassifierNetParams()
    optimizer: OptimizerParams = AdamParams(lr=1e-3, beta1=0.9)
    schedule: ScheduleParams = ScheduleParams(kind="linear")

    def build_model(
        self, data: DatasetSpec, pretrained: Pretrained | None = None
    ) -> ClassifierModel:
        """Build the network; raise ValueError where there is nothing to tell apart."""
        if len(data.classes) < 2:
            raise ValueError(
                f"domains: '{self.domains[0]}' has no classes, so name two domains or more"
            )
        return ClassifierModel(
            data.specs[self.domains[0]].channels,
            data.classes,
            width=self.network.width,
            levels=self.network.levels,
            features=self.network.features,
            dropout=self.network.dropout,
        )

    def build(self, data: DatasetSpec, pretrained: Pretrained | None = None) -> "ClassifierMethod":
        """Build the network under cross-entropy."""
        return ClassifierMethod(self, self.build_model(data))


class ClassifierMethod(Method[Labelled]):
    """See `ClassifierParams`."""

    params: ClassifierParams
    model: ClassifierModel

    def optimizers(self) -> dict[str, Optimizer]:
        """Build ``model``."""
        return {"model": self.params.optimizer.build(self.model)}

    def updates(self, batch: Labelled, step: int) -> Iterator[Update]:
        """Yield one update of the cross-entropy."""
        logits = self.model.classify(batch.x)
        losses = Losses()
        losses.add("cross_entropy", cross_entropy(logits, batch.y))
        losses.log(accuracy=(logits.argmax(dim=1) == batch.y).float().mean())
        yield losses.update("model")
