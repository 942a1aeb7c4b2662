"""Pretrained networks that judge samples, each by its published file of weights.

Evaluation by a network that had no part in training: Inception v3 and CLIP give features (FID, KID,
precision and recall, CMMD), Inception also logits (inception score), LPIPS distances. They come
with packages of their own, which the extra ``features`` brings, and with files that are never
fetched: one that is given, or lies where torch.hub keeps its own.
"""

from pathlib import Path

import torch

from pipeline.errors import UserError
from pipeline.evaluation.networks.clip import CLIP, CLIPNetwork
from pipeline.evaluation.networks.features import FeatureNetwork, LogitsNetwork
from pipeline.evaluation.networks.inception import INCEPTION, InceptionNetwork
from pipeline.evaluation.networks.lpips import LPIPS, LPIPSNetwork
from pipeline.evaluation.networks.resizing import Resizing
from pipeline.evaluation.weights import find_weights

__all__ = [
    "FEATURE_NETWORKS",
    "LPIPS",
    "FeatureNetwork",
    "LPIPSNetwork",
    "LogitsNetwork",
    "load_lpips",
    "load_network",
]

FEATURE_NETWORKS: dict[str, type[InceptionNetwork] | type[CLIPNetwork]] = {
    **dict.fromkeys(INCEPTION, InceptionNetwork),
    **dict.fromkeys(CLIP, CLIPNetwork),
}
"""The names that `load_network` takes."""


def load_network(
    name: str,
    weights: Path | None = None,
    *,
    resizing: Resizing = "legacy",
    device: torch.device | str = "cpu",
) -> FeatureNetwork:
    """Load a network of `FEATURE_NETWORKS` from its published file.

    Args:
        name: ``inception-v3`` is a `LogitsNetwork`, too.
        weights: the file; None: where torch.hub keeps it.
        resizing: see `pipeline.evaluation.networks.resizing`. Numbers of two conventions don't
            compare: published ones are ``legacy`` unless they say clean-fid.
        device: where it computes.

    Raises:
        UserError: an unknown name, a package that is not installed, a missing file, or one of
            another SHA-256 than the published one's.
    """
    kind = FEATURE_NETWORKS.get(name)
    if kind is None:
        names = ", ".join(FEATURE_NETWORKS)
        raise UserError(f"'{name}' is no network for features: choose one of {names}")
    file = (INCEPTION | CLIP)[name]
    return kind(name, find_weights(file, weights), resizing, torch.device(device))


def load_lpips(
    name: str, weights: Path | None = None, *, device: torch.device | str = "cpu"
) -> LPIPSNetwork:
    """Load one of `LPIPS`, the trunk from torchvision's file, as `load_network` does."""
    file = LPIPS.get(name)
    if file is None:
        raise UserError(f"'{name}' is no LPIPS network: choose one of {', '.join(LPIPS)}")
    return LPIPSNetwork(name, find_weights(file, weights), torch.device(device))
