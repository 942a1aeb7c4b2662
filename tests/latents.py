"""Models of latents that can be worked out by hand: linear ones, and a classifier of planes."""

import torch
from torch import Generator, Tensor, nn

from pipeline.capabilities import Classifier, Latent, LatentSampler, StyleSpace


class LinearSampler(nn.Module, LatentSampler):
    """z -> A z + b, as samples [N, rows of A, 1, 1]; ``classes`` add their number."""

    def __init__(self, weight: Tensor, classes: int = 0) -> None:
        super().__init__()
        self.classes, self.latent = classes, weight.shape[1]
        self.layer = nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            self.layer.weight.copy_(weight)
            self.layer.bias.fill_(0.5)

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        y: Tensor = self.layer(z)
        if labels is not None:
            y = y + labels[:, None]
        return y[:, :, None, None]

    def sample(
        self, n: int, generator: Generator | None = None, condition: Tensor | None = None
    ) -> Tensor:
        return self.decode(self.draw(n, generator), condition)


class LinearCoder(LinearSampler, Latent):
    """The same with its inverse, for A of full rank."""

    def encode(self, x: Tensor) -> Tensor:
        return (x.flatten(1) - self.layer.bias) @ torch.linalg.pinv(self.layer.weight).T


class CoderAlone(nn.Module, Latent):
    """A `LinearCoder` that draws nothing."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.coder = LinearCoder(weight)

    def encode(self, x: Tensor) -> Tensor:
        return self.coder.encode(x)

    def decode(self, z: Tensor) -> Tensor:
        return self.coder.decode(z)


class LinearStyles(LinearSampler, StyleSpace):
    """z -> w = M z; a sample is the sum of what each of two layers makes of its w."""

    layers = 2

    def __init__(self, mapping: Tensor, first: Tensor, second: Tensor) -> None:
        super().__init__(first)
        self.latent = mapping.shape[1]
        self.register_buffer("mapping", mapping)
        self.affines = nn.ModuleList(nn.Linear(a.shape[1], len(a)) for a in (first, second))
        with torch.no_grad():
            for affine, weight in zip(self.affines, (first, second), strict=True):
                affine.weight.copy_(weight)

    def to_w(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        mapping: Tensor = self.mapping
        return z @ mapping.T

    def synthesise(self, ws: Tensor) -> Tensor:
        y = sum(affine(ws[:, at]) for at, affine in enumerate(self.affines))
        assert isinstance(y, Tensor)
        return y[:, :, None, None]

    def decode(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.of_w(self.to_w(z))


class Planes(nn.Module, Classifier):
    """Logits that are linear in samples [N, C, 1, 1]."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.class_names = tuple("abcdefgh"[: len(weight)])
        self.layer = nn.Linear(weight.shape[1], len(weight), bias=False)
        with torch.no_grad():
            self.layer.weight.copy_(weight)

    def classify(self, x: Tensor) -> Tensor:
        logits: Tensor = self.layer(x.flatten(1))
        return logits

    def features(self, x: Tensor) -> Tensor:
        return x.flatten(1)
