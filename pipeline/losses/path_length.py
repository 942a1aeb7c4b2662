"""Path lengths of a generator: how far a sample moves as its style does (Karras et al. 2020).

Call it with autocast off: it differentiates gradients.
"""

import math

import torch
from torch import Tensor


def path_lengths(samples: Tensor, ws: Tensor) -> Tensor:
    """Estimate the length |J^T y| for each sample [N, C, H, W] of its ws [N, L, W]: [N].

    Section 3.2: J is the derivative of the sample by w, and y normal noise; divided by sqrt(H W),
    so that lengths mean the same at any size. Over the layers it is the root of the mean square, as
    in the public code. ``samples`` must have been computed from ``ws``; differentiable.
    """
    noise = torch.randn_like(samples) / math.sqrt(samples.shape[2] * samples.shape[3])
    (gradient,) = torch.autograd.grad((samples * noise).sum(), ws, create_graph=True)
    lengths: Tensor = gradient.square().sum(dim=2).mean(dim=1).sqrt()
    return lengths
