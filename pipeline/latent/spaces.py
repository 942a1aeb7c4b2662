"""Spaces of latents that a model decodes: one interface to z, to w, and to an encoder's codes.

What moves through latents (interpolation, traversal, directions, inversion) is written once, on
`Space`, and so works on every model that has latents, whether its samples are pictures, mel
spectrograms or points.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

import torch
from torch import Generator, Tensor, nn

from pipeline.capabilities import Latent, LatentSampler
from pipeline.latent.interpolation import lerp, slerp
from pipeline.nn.drawing import truncated

AT_ONCE = 64
"""Latents that are decoded in one pass."""
MEAN_DRAWS = 10_000
"""Draws by which the mean and spread of w are known: those of StyleGAN2's projector (Karras et al.
2020, appendix D)."""
TYPICAL = 3.0
"""Standard deviations of the length of normal draws within which a length is typical."""

Kind = Literal["z", "w", "w+", "code"]


class Space(ABC):
    """Latents [N, *shape] of a model that decodes them."""

    kind: ClassVar[Kind]
    shape: tuple[int, ...]
    """Of one latent: [Z], [W], or [L, W] where each layer has a w of its own."""

    def __init__(self, model: nn.Module) -> None:
        """Take a model in evaluation mode, which stays as it is."""
        self.model = model

    @property
    def device(self) -> torch.device:
        """The device that latents have to be on."""
        return next((p.device for p in self.model.parameters()), torch.device("cpu"))

    @abstractmethod
    def decode(self, latents: Tensor) -> Tensor:
        """Decode latents [N, *shape] to samples [N, C, H, W]; gradients reach the latents."""

    @abstractmethod
    def draw(self, n: int, seed: int = 0) -> Tensor:
        """Draw ``n`` latents [n, *shape]; equal seeds draw equal ones.

        Raises ValueError where no distribution of latents is known.
        """

    @property
    def encodes(self) -> bool:
        """True: `encode` leads from samples to latents; else `inversion.invert` does, by search."""
        return False

    def encode(self, x: Tensor) -> Tensor:
        """Encode samples [N, C, H, W] to latents [N, *shape].

        Raises ValueError where the model has no encoder of these latents.
        """
        raise ValueError(f"no encoder leads to {self.kind}: invert samples instead")

    def way(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        """Return latents [T, *shape] on the way from ``a`` to ``b`` at shares ``t`` [T] of it."""
        return lerp(a.flatten(), b.flatten(), t.to(a)).reshape(-1, *a.shape)

    def typical(self, latents: Tensor) -> Tensor:
        """Return latents [N, *shape] with those that are no draws' moved to the nearest that are,
        as far as the space knows."""
        return latents

    @abstractmethod
    def mean(self) -> Tensor:
        """Return the mean [*shape] of draws; raise ValueError as `draw` does."""

    @abstractmethod
    def radius(self) -> float:
        """Return the root mean square distance of draws from their mean, over all numbers."""

    @abstractmethod
    def spread(self, direction: Tensor) -> float:
        """Return the standard deviation of draws along a unit ``direction`` [shape[-1]]; 1 where
        no distribution of latents is known."""

    @torch.no_grad()
    def decode_all(self, latents: Tensor) -> Tensor:
        """Decode latents [N, *shape] in passes of `AT_ONCE`, without gradients: [N, C, H, W]."""
        return torch.cat([self.decode(some) for some in torch.split(latents, AT_ONCE)])


class ZSpace(Space):
    """Normal draws z [N, Z] of a `LatentSampler`, of one class where it has classes."""

    kind: ClassVar[Kind] = "z"

    def __init__(self, model: nn.Module, label: int | None = None, truncation: float = 0) -> None:
        """Take the class of all samples, and a limit of what is drawn (see
        `capabilities.TRUNCATION`).

        Raises ValueError where the model is no `LatentSampler` or has no such class.
        """
        super().__init__(model)
        if not isinstance(model, LatentSampler):
            raise ValueError("it decodes no normal draws (z)")
        self.sampler, self.label, self.truncation = model, held_class(model, label), truncation
        self.shape = (model.latent,)

    def decode(self, latents: Tensor) -> Tensor:
        """Decode z [N, Z]."""
        if self.label is None:
            return self.sampler.decode(latents)
        of_class: Any = self.sampler.decode  # which takes labels where there are classes
        y: Tensor = of_class(latents, labels_for(latents, self.label))
        return y

    def draw(self, n: int, seed: int = 0) -> Tensor:
        """Draw from the normal distribution, truncated where that is asked for."""
        z = self.sampler.draw(n, Generator().manual_seed(seed))
        return (truncated(z, self.truncation) if self.truncation else z).to(self.device)

    @property
    def encodes(self) -> bool:
        """Tell whether the model has an encoder beside (a VAE has)."""
        return isinstance(self.model, Latent)

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """Encode samples [N, C, H, W] to z [N, Z]."""
        return self.model.encode(x) if isinstance(self.model, Latent) else super().encode(x)

    def way(self, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
        """Return z on the arc (see `slerp`)."""
        return slerp(a, b, t.to(a))

    def typical(self, latents: Tensor) -> Tensor:
        """Bring lengths to within `TYPICAL` standard deviations of those of draws.

        Those have mean sqrt(Z) and standard deviation 1 / sqrt(2), nearly. What an encoder gives
        may be shorter: numbers that it leaves unused have mean 0.
        """
        length = latents.norm(dim=1, keepdim=True)
        middle, slack = math.sqrt(latents.shape[1]), TYPICAL / math.sqrt(2)
        least = 0.0 if self.encodes else max(0.0, middle - slack)
        scale = length.clamp(least, middle + slack) / length.clamp(min=1e-12)
        moved: Tensor = latents * scale
        return moved

    def mean(self) -> Tensor:
        """Return 0."""
        return torch.zeros(self.shape, device=self.device)

    def radius(self) -> float:
        """Return sqrt(Z)."""
        return math.sqrt(self.shape[0])

    def spread(self, direction: Tensor) -> float:
        """Return 1."""
        return 1.0


class CodeSpace(Space):
    """Codes [N, Z] of a `Latent` that draws no samples, as an autoencoder's."""

    kind: ClassVar[Kind] = "code"

    def __init__(self, model: nn.Module) -> None:
        """Leave ``shape`` empty until the first samples are encoded: a `Latent` does not tell it.

        Raises ValueError where the model has no encoder.
        """
        super().__init__(model)
        if not isinstance(model, Latent):
            raise ValueError("it neither decodes draws nor encodes samples")
        self.coder, self.shape = model, ()

    @property
    def encodes(self) -> bool:
        """Tell that it does."""
        return True

    @torch.no_grad()
    def encode(self, x: Tensor) -> Tensor:
        """Encode samples [N, C, H, W] to codes [N, Z]."""
        codes = self.coder.encode(x)
        self.shape = tuple(codes.shape[1:])
        return codes

    def decode(self, latents: Tensor) -> Tensor:
        """Decode codes [N, Z]."""
        return self.coder.decode(latents)

    def draw(self, n: int, seed: int = 0) -> Tensor:
        """Raise ValueError: there is nothing to draw from."""
        raise ValueError("nothing is known of how its codes are distributed, so none can be drawn")

    def mean(self) -> Tensor:
        """Raise ValueError as `draw` does."""
        return self.draw(1)

    def radius(self) -> float:
        """Raise ValueError as `draw` does."""
        return float(self.draw(1).norm())

    def spread(self, direction: Tensor) -> float:
        """Return 1."""
        return 1.0


def held_class(model: LatentSampler, label: int | None) -> int | None:
    """Return the class of all samples: ``label``, or the first; None of a model without classes.

    Raises ValueError where there is no such class.
    """
    if not model.classes:
        if label is not None:
            raise ValueError("it has no classes")
        return None
    if label is not None and not 0 <= label < model.classes:
        raise ValueError(f"expected a class from 0 to {model.classes - 1}, found {label}")
    return label or 0


def labels_for(latents: Tensor, label: int) -> Tensor:
    """Return the class of each of latents [N, ...], [N] of int64."""
    return torch.full((len(latents),), label, device=latents.device)
