"""Spaces of styles: one w for all layers of a model, or one for each."""

from typing import ClassVar

import torch
from torch import Generator, Tensor, nn

from pipeline.capabilities import LatentSampler, StyleSpace
from pipeline.latent.spaces import MEAN_DRAWS, Kind, Space, held_class, labels_for


class WSpace(Space):
    """Styles w [N, W] of a `StyleSpace`, one for all layers, with the noise that the model keeps.

    Latents [N, L, W] are decoded too, with a w for each layer.
    """

    kind: ClassVar[Kind] = "w"

    def __init__(self, model: nn.Module, label: int | None = None, psi: float = 1) -> None:
        """Take the class of all samples, and ``psi`` of truncation: draws are mean + psi (w -
        mean), by the mean over draws of the class.

        Raises ValueError where the model has no styles, draws no z, or has no such class.
        """
        super().__init__(model)
        if not isinstance(model, StyleSpace) or not isinstance(model, LatentSampler):
            raise ValueError("it has no styles (w)")
        self.styles, self.sampler, self.psi = model, model, psi
        self.layers = model.layers
        self.label = held_class(model, label)
        self._known: Tensor | None = None
        self.shape = tuple(self.mapped(1, 0).shape[1:])

    @torch.no_grad()
    def mapped(self, n: int, seed: int) -> Tensor:
        """Map ``n`` draws to w [n, W], none truncated."""
        z = self.sampler.draw(n, Generator().manual_seed(seed)).to(self.device)
        return self.styles.to_w(z, None if self.label is None else labels_for(z, self.label))

    @property
    def known(self) -> Tensor:
        """Many w [`MEAN_DRAWS`, W], from which mean and spread are known."""
        if self._known is None:
            self._known = self.mapped(MEAN_DRAWS, 0)
        return self._known

    def decode(self, latents: Tensor) -> Tensor:
        """Draw samples of w [N, W], or of one for each layer, [N, L, W]."""
        return self.styles.synthesise(latents) if latents.dim() == 3 else self.styles.of_w(latents)

    def draw(self, n: int, seed: int = 0) -> Tensor:
        """Map normal draws, and truncate."""
        w = self.mapped(n, seed)
        return w if self.psi == 1 else torch.lerp(self.known.mean(dim=0), w, self.psi)

    def mean(self) -> Tensor:
        """Return the mean w."""
        return self.known.mean(dim=0)

    def radius(self) -> float:
        """Return the root mean square distance of w from their mean."""
        away = self.known - self.known.mean(dim=0)
        return float(away.square().sum(dim=1).mean().sqrt())

    def spread(self, direction: Tensor) -> float:
        """Return the standard deviation of w along a unit ``direction`` [W]."""
        return float((self.known @ direction).std())


class WPlusSpace(WSpace):
    """A w for each layer, [N, L, W] (Abdal et al. 2019): more samples can be inverted there, and
    what is found is farther from what the model was trained to draw."""

    kind: ClassVar[Kind] = "w+"

    def __init__(self, model: nn.Module, label: int | None = None, psi: float = 1) -> None:
        """See `WSpace`."""
        super().__init__(model, label, psi)
        self.shape = (self.layers, *self.shape)

    def draw(self, n: int, seed: int = 0) -> Tensor:
        """Draw one w for all layers."""
        return super().draw(n, seed)[:, None].repeat(1, self.layers, 1)

    def mean(self) -> Tensor:
        """Return the mean w for each layer."""
        return super().mean().repeat(self.layers, 1)
