"""Classes as further inputs of a network, of its normalisation and of its head.

One-hot inputs: Mirza & Osindero 2014. Conditional batch norm: Dumoulin et al. 2017. The projection
head: Miyato & Koyama 2018.
"""

from typing import Any, Literal

import torch
from torch import Tensor, cat, nn
from torch.nn.functional import one_hot

from pipeline.nn.normalisation import BatchNorm
from pipeline.nn.virtual_batch import VectorNorm, vector_norm_layer

ConditionalNorm = VectorNorm | Literal["conditional_batch"]
Head = Literal["linear", "projection"]


class OneHotInput(nn.Module):
    """A network of vectors that is told the class as a one-hot vector behind them."""

    def __init__(self, network: nn.Module, classes: int) -> None:
        """Take a network of vectors [N, Z + classes]."""
        super().__init__()
        self.network = network
        self.classes = classes

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Apply the network to vectors [N, Z] and classes [N]."""
        y: Tensor = self.network(cat([z, one_hot(labels, self.classes).to(z.dtype)], dim=1))
        return y


class OneHotPlanes(nn.Module):
    """A network of samples that is told the class as a one-hot plane behind their channels."""

    def __init__(self, network: nn.Module, classes: int) -> None:
        """Take a network of samples [N, C + classes, H, W]."""
        super().__init__()
        self.network = network
        self.classes = classes

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Apply the network to samples [N, C, H, W] and classes [N]."""
        y: Tensor = self.network(self._told(x, labels))
        return y

    def features(self, x: Tensor, labels: Tensor) -> Tensor:
        """Show the network's features of samples [N, C, H, W] of classes [N]."""
        network: Any = self.network
        y: Tensor = network.features(self._told(x, labels))
        return y

    def _told(self, x: Tensor, labels: Tensor) -> Tensor:
        planes = one_hot(labels, self.classes).to(x.dtype)[:, :, None, None]
        return cat([x, planes.expand(-1, -1, *x.shape[2:])], dim=1)


class TakesCondition(nn.Module):
    """The base of layers that `Conditioned` gives the condition as their second argument."""


class ConditionalBatchNorm(TakesCondition):
    """Batch norm whose scale and shift are functions of a condition.

    y = (1 + gain(c)) (x - mean) / std + bias(c): Dumoulin et al. 2017, de Vries et al. 2017. Where
    ``gain`` and ``bias`` are embeddings, c is a class; BigGAN's are linear, and c is the shared
    embedding of the class beside a part of z.
    """

    def __init__(self, channels: int, gain: nn.Module, bias: nn.Module) -> None:
        """Take two maps of conditions to [N, channels], both of which should begin small."""
        super().__init__()
        self.norm = BatchNorm(channels, affine=False)
        self.gain = gain
        self.bias = bias

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Map [N, channels, H, W] and conditions [N] or [N, D] to the same shape as the first."""
        gain = 1 + self.gain(condition)[:, :, None, None]
        y: Tensor = torch.addcmul(self.bias(condition)[:, :, None, None], self.norm(x), gain)
        return y


def class_batch_norm(channels: int, classes: int) -> ConditionalBatchNorm:
    """Build batch norm with a scale and a shift a class, which begin at 1 and 0."""
    gain, bias = (nn.Embedding(classes, channels) for _ in range(2))
    for embedding in (gain, bias):
        nn.init.zeros_(embedding.weight)
    return ConditionalBatchNorm(channels, gain, bias)


def conditional_norm(kind: ConditionalNorm, classes: int, channels: int) -> nn.Module:
    """Build `vector_norm_layer`, or `class_batch_norm` for ``conditional_batch``.

    Raises ValueError where there are no classes for the latter.
    """
    if kind != "conditional_batch":
        return vector_norm_layer(kind, channels)
    if classes < 2:
        raise ValueError("norm: conditional_batch needs classes: a gan with conditional: true")
    return class_batch_norm(channels, classes)


def normalised(norm: nn.Module, x: Tensor, condition: Tensor | None) -> Tensor:
    """Apply a norm to [N, C, H, W], with the condition where it takes one."""
    y: Tensor = norm(x, condition) if isinstance(norm, ConditionalBatchNorm) else norm(x)
    return y


class Conditioned(nn.Sequential, TakesCondition):
    """Layers one after the other; those that take a condition are given it."""

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Map [N, ...] and conditions, where there are any, to what the last layer gives."""
        for layer in self:
            takes = condition is not None and isinstance(layer, TakesCondition)
            x = layer(x, condition) if takes else layer(x)
        return x


class ProjectionHead(nn.Module):
    """Logits w.phi + b + <V_y, phi> of features phi and classes y (Miyato & Koyama 2018, eq. 3).

    With spectral norm, V as a matrix [classes, features] has it too, as in the published code.
    """

    def __init__(self, features: int, outputs: int, classes: int) -> None:
        """Raise ValueError where there are no classes or several outputs."""
        super().__init__()
        if classes < 2:
            raise ValueError("head: projection needs classes: a gan with conditional: true")
        if outputs != 1:
            raise ValueError(f"head: projection gives one logit, but {outputs} outputs are needed")
        self.linear = nn.Linear(features, outputs)
        self.embedding = nn.Embedding(classes, features)
        nn.init.xavier_uniform_(self.embedding.weight)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Map features [N, F] and classes [N] to logits [N, 1]."""
        towards = (self.embedding(labels) * features).sum(dim=1, keepdim=True)
        y: Tensor = self.linear(features) + towards
        return y
