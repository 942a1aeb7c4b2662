"""A small classifier: the classifier whose opinion and features evaluation asks for."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, PositiveInt
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, cross_entropy
from torch.optim import Optimizer

from pipeline.block import Block
from pipeline.capabilities import Classifier
from pipeline.methods.base import (
    AdamParams,
    Method,
    ScheduleParams,
    SeveralDomainsRunParams,
    Update,
)
from pipeline.nn.normalisation import norm_layer
from pipeline.samples import Batch, Labelled, Spec


class ClassifierNetParams(Block):
    """Strided 3x3 convolutions, mean over space, one hidden layer, one linear layer."""

    width: PositiveInt = 32
    levels: PositiveInt = 4
    features: PositiveInt = 64
    """Size of the hidden layer, whose values are the features."""
    dropout: float = Field(0.3, ge=0, lt=1)


class ClassifierParams(SeveralDomainsRunParams):
    """Tells the classes of one domain apart, or several domains from each other."""

    reads = "labelled"

    method: Literal["classifier"] = "classifier"
    of: tuple[str, ...] = Field(min_length=1)
    """One domain with classes, or two and more domains that are the classes."""
    network: ClassifierNetParams = ClassifierNetParams()
    optimizer: AdamParams = AdamParams(rate=1e-3, beta1=0.9)
    schedule: ScheduleParams = ScheduleParams(kind="linear")

    def names(self, classes: tuple[str, ...]) -> tuple[str, ...]:
        """What the classes are called; raises ValueError where there is nothing to tell apart."""
        names = self.of if len(self.of) > 1 else classes
        if len(names) < 2:
            raise ValueError(f"of: '{self.of[0]}' has no classes, so name two domains or more")
        return names

    def build_model(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "ClassifierModel":
        """The network."""
        return ClassifierModel(
            specs[self.of[0]].channels,
            self.names(classes),
            width=self.network.width,
            levels=self.network.levels,
            features=self.network.features,
            dropout=self.network.dropout,
        )

    def build(self, specs: dict[str, Spec], classes: tuple[str, ...]) -> "ClassifierMethod":
        """The network under cross-entropy."""
        return ClassifierMethod(self.build_model(specs, classes), adam=self.optimizer)


class ClassifierModel(nn.Module, Classifier):
    """Accepts any height and width from ``smallest`` on, since it averages over space."""

    def __init__(
        self,
        channels: int,
        classes: tuple[str, ...],
        *,
        width: int,
        levels: int,
        features: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.classes = classes
        self.smallest = 2**levels  # one value a channel is left of this height and width
        self.body = nn.Sequential()
        for level in range(levels):
            wider = width * 2 ** min(level, 2)
            self.body.append(nn.Conv2d(channels, wider, 3, padding=1, bias=False))
            self.body.append(norm_layer("batch", wider))
            self.body.append(nn.ReLU(inplace=True))
            self.body.append(nn.MaxPool2d(2))
            channels = wider
        self.hidden = nn.Linear(channels, features)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(features, len(classes))

    def features(self, x: Tensor) -> Tensor:
        """The hidden layer [N, F]."""
        means = adaptive_avg_pool2d(self.body(x), 1).flatten(1)
        hidden: Tensor = self.hidden(means).relu()
        return hidden.float()

    def taps(self, x: Tensor) -> list[Tensor]:
        """What each level sees, [N, channels, h, w] before it is pooled."""
        found: list[Tensor] = []
        for layer in self.body:
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                found.append(x)
        return found

    def classify(self, x: Tensor) -> Tensor:
        """Logits [N, classes]."""
        logits: Tensor = self.head(self.dropout(self.features(x)))
        return logits.float()


class ClassifierMethod(Method):
    """See `ClassifierParams`; batches are `Labelled`."""

    def __init__(self, model: ClassifierModel, *, adam: AdamParams) -> None:
        super().__init__()
        self.model: ClassifierModel = model
        self.adam = adam

    def optimizers(self) -> dict[str, Optimizer]:
        """``model``."""
        return {"model": self.adam.build(self.model)}

    def updates(self, batch: Batch, step: int) -> Iterator[Update]:
        """One update of the cross-entropy."""
        assert isinstance(batch, Labelled)
        logits = self.model.classify(batch.x)
        accuracy = (logits.argmax(dim=1) == batch.y).float().mean()
        loss = cross_entropy(logits, batch.y)
        yield Update("model", loss, {"cross_entropy": loss, "accuracy": accuracy})
