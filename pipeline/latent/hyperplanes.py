"""Directions of attributes, by the plane that parts the latents of samples with and without one.

InterFaceGAN (Shen et al. 2020, arXiv:1907.10786): attributes of what a GAN draws are read from its
samples, a linear support vector machine parts their latents, and its normal changes the attribute.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.latent.directions import unit

LEARNT = 0.7
"""Share of latents that a plane is fitted to; the rest test it (both as the authors' code)."""
EXTREME = 0.1
"""Share of latents at each end of an attribute's scale by which a plane is found. The authors take
2 % of 500,000; of fewer draws that would be too few."""


@dataclass(frozen=True)
class Boundary:
    """A plane in a latent space: ``normal . z + offset`` is above 0 on the attribute's side."""

    normal: Tensor
    """[Z], of length 1."""
    offset: float
    accuracy: float
    """Of telling latents that it was not fitted to, 0 to 1; 0.5 is chance."""


def find_boundary(latents: Tensor, labels: Tensor, seed: int = 0) -> Boundary:
    """Find the plane between latents [N, Z] with an attribute and without, by bools [N].

    Raises ValueError where less than four have it, or don't.
    """
    from sklearn.svm import SVC

    labels = labels.bool().cpu()
    if len(latents) != len(labels) or latents.dim() != 2:
        raise ValueError(f"expected [N, Z] and [N], found {latents.shape} and {labels.shape}")
    counts = int(labels.sum()), int((~labels).sum())
    if min(counts) < 4:
        raise ValueError(f"{counts[0]} latents have the attribute and {counts[1]} don't: too few")
    generator = torch.Generator().manual_seed(seed)
    fitted, kept = [], []  # of both kinds the same share
    for kind in (labels, ~labels):
        order = kind.nonzero()[:, 0]
        order = order[torch.randperm(len(order), generator=generator)]
        learnt = round(LEARNT * len(order))
        fitted.append(order[:learnt])
        kept.append(order[learnt:])
    z, y = latents.detach().double().cpu().numpy(), labels.numpy()
    learn, test = torch.cat(fitted).numpy(), torch.cat(kept).numpy()
    machine = SVC(kernel="linear", class_weight="balanced").fit(z[learn], y[learn])
    normal = torch.tensor(machine.coef_[0]).to(latents)
    length = float(normal.norm())
    return Boundary(
        normal=unit(normal),
        offset=float(machine.intercept_[0]) / length,
        accuracy=float((machine.predict(z[test]) == y[test]).mean()),
    )


def boundary_of(latents: Tensor, scores: Tensor, share: float = EXTREME, seed: int = 0) -> Boundary:
    """Find the plane between the latents [N, Z] with the highest and with the lowest of ``scores``
    [N], ``share`` of all at each end.

    Raises ValueError as `find_boundary` does, and where the scores of both ends are the same.
    """
    order = scores.argsort(stable=True)
    count = max(1, round(min(share, 0.5) * len(order)))
    low, high = order[:count], order[len(order) - count :]
    if not scores[low].max() < scores[high].min():
        raise ValueError("the attribute does not vary among the samples")
    ends = torch.cat([high, low])
    return find_boundary(latents[ends.to(latents.device)], torch.arange(2 * count) < count, seed)


def slope_of(latents: Tensor, values: Tensor) -> Tensor:
    """Return the unit direction [Z] along which a number, ``values`` [N], rises most.

    By the least squares of values on latents [N, Z], for factors on a scale such as an angle.
    Raises ValueError where the values do not depend on the latents.
    """
    z = latents.double() - latents.double().mean(dim=0)
    y = values.to(z) - values.to(z).mean()
    # gelsd, which takes latents of less rank than Z, is of the processor alone.
    weights = torch.linalg.lstsq(z.cpu(), y[:, None].cpu(), driver="gelsd").solution[:, 0]
    return unit(weights).to(latents)
