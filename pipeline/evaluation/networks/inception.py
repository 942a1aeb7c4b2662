"""Inception v3 as FID, KID and the inception score know it: the TensorFlow network of 2015."""

from pathlib import Path

import torch
from torch import Tensor

from pipeline.evaluation.networks.features import LogitsNetwork
from pipeline.evaluation.networks.resizing import Resizing
from pipeline.evaluation.weights import Published, Weights, find_weights, load_package

NAME = "inception-v3"
PUBLISHED = Published(
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
    "weights-inception-2015-12-05-6726825d.pth",
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
)

LAYERS = (
    *("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "MaxPool_1"),
    *("Conv2d_3b_1x1", "Conv2d_4a_3x3", "MaxPool_2"),
    *("Mixed_5b", "Mixed_5c", "Mixed_5d"),
    *("Mixed_6a", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"),
    *("Mixed_7a", "Mixed_7b", "Mixed_7c", "AvgPool"),
)
"""The parts of torch-fidelity's network, from first to last. Its own forward pass takes bytes
and resizes them, so that pictures resized otherwise would have to be rounded again."""


class InceptionNetwork(LogitsNetwork):
    """torch-fidelity's port of the TensorFlow network.

    Features are the 2,048 of the last pooling, logits 1,008 without the last layer's bias, as in
    the first code of the inception score.
    """

    side = 299

    def __init__(self, weights: Weights, resizing: Resizing, device: torch.device) -> None:
        """Load the network; raise UserError without torch-fidelity."""
        module, self.package = load_package(
            "torch_fidelity.feature_extractor_inceptionv3", "torch-fidelity", "features"
        )
        network = module.FeatureExtractorInceptionV3(
            "inception-v3-compat",
            ["2048", "logits_unbiased"],
            feature_extractor_weights_path=str(weights.path),
        )
        self._network = network.to(device)
        super().__init__(NAME, weights, resizing, device)

    def _features(self, x: Tensor) -> Tensor:
        x = (x - 128) / 128
        for layer in LAYERS:
            x = getattr(self._network, layer)(x)
        return x.flatten(1)

    @torch.no_grad()
    def logits_of(self, features: Tensor) -> Tensor:
        """Compute logits [N, 1008], without the last layer's bias."""
        logits: Tensor = features @ self._network.fc.weight.T
        return logits


def load_inception(
    weights: Path | None = None,
    *,
    resizing: Resizing = "legacy",
    device: torch.device | str = "cpu",
) -> InceptionNetwork:
    """Load the network from its published file.

    Args:
        weights: the file; None: where torch.hub keeps it.
        resizing: see `pipeline.evaluation.networks.resizing`. Numbers of two conventions don't
            compare: published ones are ``legacy`` unless they say clean-fid.
        device: where it computes.

    Raises:
        UserError: a package that is not installed, a missing file, or one of another SHA-256 than
            the published one's.
    """
    return InceptionNetwork(find_weights(PUBLISHED, weights), resizing, torch.device(device))
