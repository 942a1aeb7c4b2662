"""Attributes of what latents decode to, as a classifier or another reader of samples tells them."""

from collections.abc import Callable

import torch
from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.latent.spaces import AT_ONCE, Space

Reader = Callable[[Tensor], Tensor]
"""Samples [N, C, H, W] -> attributes [N, K], differentiable where directions climb it."""


def class_reader(classifier: Classifier) -> Reader:
    """Return a reader of each class: the log odds log p / (1 - p) of its probability p.

    They don't level out where a probability nears 1, so they order samples there, too, and have
    gradients. Classes exclude each other: where the odds of one rise, those of others fall.
    """
    return lambda x: log_odds(classifier.classify(x))


def log_odds(logits: Tensor) -> Tensor:
    """Compute log p / (1 - p) of the softmax p of logits [N, K]: logit k less the log of the sum of
    the exponentials of all others. Raises ValueError for a single class."""
    classes = logits.shape[1]
    if classes < 2:
        raise ValueError("a single class has no odds")
    own = torch.eye(classes, dtype=torch.bool, device=logits.device)
    others = logits[:, None].expand(-1, classes, -1).masked_fill(own, -torch.inf)
    return logits - others.logsumexp(dim=2)


@torch.no_grad()
def attributes_of(space: Space, latents: Tensor, reader: Reader) -> Tensor:
    """Read the attributes [N, K] of what latents [N, *shape] decode to."""
    return torch.cat([reader(space.decode(some)) for some in torch.split(latents, AT_ONCE)])
