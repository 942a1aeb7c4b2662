"""Features of samples, as a finished model computes them."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from pipeline.capabilities import Classifier, Latent, OneShot, Tokenizer
from pipeline.latent.spaces import AT_ONCE

MOST_PLACES = 2**13
"""Zeros and ones by which the codes of a sample are told."""


class FeatureReader(NamedTuple):
    """Reads samples [N, C, H, W] as features [N, F]."""

    name: str
    """Of the features, in words."""
    read: Callable[[Tensor], Tensor]


def reader_of(model: nn.Module) -> FeatureReader:
    """Return how to read features off a model: an encoder's codes, a classifier's last hidden
    layer, a tokenizer's codes (`code_features`), or a one-shot model's embeddings.

    Raises ValueError where it encodes nothing.
    """
    if isinstance(model, Latent):
        return FeatureReader("codes", model.encode)
    if isinstance(model, Classifier):
        return FeatureReader("features", model.features)
    if isinstance(model, Tokenizer):
        return FeatureReader("codes", lambda x: code_features(model, x))
    if isinstance(model, OneShot):
        return FeatureReader("embeddings", model.embed)
    raise ValueError("it has no encoder")


def code_features(model: Tokenizer, x: Tensor) -> Tensor:
    """Write the codes of samples [N, C, H, W] as zeros and ones, [N, h * w * K], for K codes.

    Where that is more than `MOST_PLACES`, the share of each code in a sample, [N, K]: its places
    are lost, as in bags of words (Sivic & Zisserman 2003).
    """
    codes = model.encode_codes(x).flatten(1)
    if codes.shape[1] * model.codes <= MOST_PLACES:
        return one_hot(codes, model.codes).flatten(1).float()
    counts = torch.zeros(len(codes), model.codes, device=codes.device)
    ones = torch.ones_like(codes, dtype=counts.dtype)
    return counts.scatter_add(1, codes, ones) / codes.shape[1]


@torch.no_grad()
def read_all(read: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Read features [N, F] of samples [N, C, H, W] in passes of `AT_ONCE`, as float32."""
    return torch.cat([read(some).flatten(1).float() for some in torch.split(x, AT_ONCE)])
