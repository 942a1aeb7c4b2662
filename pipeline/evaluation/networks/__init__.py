"""Pretrained networks that measure pictures, each by its published file of weights.

Evaluation by a network that had no part in training: Inception v3 gives features and logits (FID,
KID, Inception score), CLIP features (CMMD), LPIPS distances. They come with packages of their own,
which the extra ``features`` brings, and with files that are never fetched: one that is given, or
lies where torch.hub keeps its own.
"""

from pipeline.evaluation.networks.clip import load_clip
from pipeline.evaluation.networks.features import FeatureNetwork, LogitsNetwork
from pipeline.evaluation.networks.inception import load_inception
from pipeline.evaluation.networks.lpips import LPIPSNetwork, load_lpips

__all__ = [
    "FeatureNetwork",
    "LPIPSNetwork",
    "LogitsNetwork",
    "load_clip",
    "load_inception",
    "load_lpips",
]
