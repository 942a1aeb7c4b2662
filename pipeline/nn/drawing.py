"""Drawing one of many from logits, and from a normal distribution that is cut off."""

import torch
from torch import Tensor

WHOLE = 2**52


def top_k(logits: Tensor, k: int) -> Tensor:
    """Set logits [N, K] below the k-th largest of their row to minus infinity."""
    least = logits.topk(min(k, logits.shape[1]), dim=1).values[:, -1:]
    return logits.masked_fill(logits < least, -torch.inf)


def top_p(logits: Tensor, p: float) -> Tensor:
    """Set all but the likeliest logits [N, K] to minus infinity.

    Those stay that together reach probability ``p`` without any of them to spare: the nucleus of
    Holtzman et al. 2020. One always does.
    """
    ordered, order = logits.sort(dim=1, descending=True, stable=True)
    shares = whole_shares(ordered)
    before = shares.cumsum(dim=1) - shares
    beyond = torch.zeros_like(before, dtype=torch.bool).scatter(1, order, before >= p * WHOLE)
    return logits.masked_fill(beyond, -torch.inf)


def whole_shares(logits: Tensor) -> Tensor:
    """Compute the probabilities of logits [N, K] in parts of `WHOLE`, int64.

    Whole numbers have one sum in whatever order they are added; of others a GPU has no running sum
    that is the same each time.
    """
    return (logits.softmax(dim=1).double() * WHOLE).long()


def pick(
    logits: Tensor, level: Tensor, *, temperature: float, k: int | None, p: float | None
) -> Tensor:
    """Return one column [N] of logits [N, K] for each uniform number ``level`` [N] in [0, 1).

    By the inverse of the distribution function, so nothing random happens on the device.
    """
    logits = logits / temperature
    if k is not None:
        logits = top_k(logits, k)
    if p is not None:
        logits = top_p(logits, p)
    heights = whole_shares(logits).cumsum(dim=1)
    # Rounding must not lead beyond the last column that has a share.
    level = level.double()[:, None] * heights[:, -1:]
    return (heights <= level).sum(dim=1).clamp(max=logits.shape[1] - 1)


def truncated(z: Tensor, limit: float) -> Tensor:
    """Turn standard normal draws into draws of that distribution within +-``limit``, above 0.

    That is what drawing each number beyond it anew gives (Brock et al. 2019, section 3.1), here as
    a function of the first draw by both distribution functions: it takes one pass, keeps the
    numbers' order, and the same draw changes smoothly with the limit.
    """
    if limit <= 0:
        raise ValueError(f"expected a limit above 0, found {limit}")
    below = torch.special.ndtr(torch.tensor(-limit, dtype=torch.float64)).item()
    shares = below + torch.special.ndtr(z.double()) * (1 - 2 * below)
    found: Tensor = torch.special.ndtri(shares).to(z.dtype).clamp(-limit, limit)
    return found
