"""Principal components of samples: the linear autoencoder of least squared error.

A baseline of what networks encode, and codes of samples where there is no network (Baldi & Hornik
1989: a linear autoencoder's least error is reached at the principal components).
"""

from dataclasses import dataclass

from torch import Tensor

from pipeline.latent.ganspace import principal_components
from pipeline.latent.sefa import facing


@dataclass(frozen=True)
class PrincipalCoder:
    """Codes [N, K] of samples [N, C, H, W] and back."""

    mean: Tensor
    """[C, H, W]."""
    components: Tensor
    """[K, C * H * W], of length 1."""

    def encode(self, x: Tensor) -> Tensor:
        """Compute coordinates [N, K] along the components."""
        return (x - self.mean).flatten(1) @ self.components.T

    def decode(self, z: Tensor) -> Tensor:
        """Compute the samples [N, C, H, W] of codes [N, K]."""
        return (z @ self.components).reshape(-1, *self.mean.shape) + self.mean


def fit_principal(x: Tensor, count: int) -> PrincipalCoder:
    """Fit the ``count`` foremost components, or as many as there are, of samples [N, C, H, W].

    Raises ValueError for fewer than two samples.
    """
    if len(x) < 2:
        raise ValueError(f"expected two samples or more, found {len(x)}")
    flat = x.flatten(1)
    components, _ = principal_components(flat, min(count, len(flat) - 1, flat.shape[1]))
    return PrincipalCoder(x.mean(dim=0), facing(components))
