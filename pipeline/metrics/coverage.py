"""Class coverage of a generator's samples."""

import torch
from torch import Tensor


def class_coverage(predictions: Tensor, classes: int) -> float:
    """Measure the share of ``classes`` with half an even share of ``predictions`` [N] or more.

    1 where samples spread over all classes, 1 / classes after a full mode collapse.
    """
    counts = torch.bincount(predictions, minlength=classes)
    return float((counts >= len(predictions) / classes / 2).float().mean())
