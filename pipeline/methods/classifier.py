"""A small classifier, whose opinion and features evaluation asks for."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Annotated, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor
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


Names = Annotated[tuple[str, ...], Field(min_length=2)]
"""The values of a category."""


class ClassifierParams(DomainsRunParams):
    """Tells the classes of one domain apart, several domains from each other, or factors."""

    reads = Labelled
    split = "classifier"
    # Standardised each by its own, two speakers would lose just what tells them apart.
    own_statistics = False

    method: Literal["classifier"] = "classifier"
    domains: tuple[str, ...] = Field(min_length=1)
    """One domain with classes, two and more domains that are the classes, or with ``tells`` any."""
    tells: dict[str, Names] = Field(default_factory=dict)
    """Categories among the data set's factors, each with all of its values in the data set's order:
    every combination of values is a class then, ``horse+left``."""
    network: ClassifierNetParams = ClassifierNetParams()
    optimizer: OptimizerParams = AdamParams(lr=1e-3, beta1=0.9)
    schedule: ScheduleParams = ScheduleParams(kind="linear")

    @model_validator(mode="after")
    def _sees_factors_as_they_are(self) -> Self:
        if self.tells and self.flip:
            raise ValueError("flip: a mirrored picture has other factors than those it tells")
        return self

    @property
    def factors(self) -> tuple[str, ...]:
        """Those that it tells."""
        return tuple(self.tells)

    def check_factors(self, categories: Mapping[str, tuple[str, ...]]) -> None:
        """Raise ValueError where a factor is no category with just the values that it tells."""
        for name, names in self.tells.items():
            if categories[name] != names:
                expected = ", ".join(categories[name]) or "a category, and no numbers"
                raise ValueError(f"tells.{name}: found {', '.join(names)}, expected {expected}")

    def select(self, data: DatasetSpec) -> DatasetSpec:
        """Return what its network is built from; the classes are the combinations of factors."""
        chosen = super().select(data)
        if not self.tells:
            return chosen
        classes = tuple("+".join(names) for names in product(*self.tells.values()))
        return chosen.model_copy(update={"classes": classes})

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
        labels = batch.y
        if batch.factors is not None:
            labels = combined(batch.factors, [len(names) for names in self.params.tells.values()])
        losses = Losses()
        losses.add("cross_entropy", cross_entropy(logits, labels))
        losses.log(accuracy=(logits.argmax(dim=1) == labels).float().mean())
        yield losses.update("model")


def combined(factors: Tensor, sizes: Sequence[int]) -> Tensor:
    """Give each combination of categories' indices [N, F], of ``sizes`` values each, its number
    [N] int64.

    In the order of `itertools.product`: the last factor changes first.
    """
    found = torch.zeros(len(factors), dtype=torch.int64, device=factors.device)
    for column, size in zip(factors.long().T, sizes, strict=True):
        found = found * size + column
    return found
