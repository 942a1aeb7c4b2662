"""CLIP's encoders of pictures (Radford et al. 2021)."""

from pathlib import Path

import torch
from torch import Tensor

from pipeline.evaluation.networks.features import FeatureNetwork
from pipeline.evaluation.networks.resizing import Resizing, standardise
from pipeline.evaluation.weights import Published, Weights, find_weights, load_package

NAME = "clip-vit-l-14-336px"
SHA256 = "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02"
PUBLISHED = Published(
    f"https://openaipublic.azureedge.net/clip/models/{SHA256}/ViT-L-14-336px.pt",
    SHA256,
    file=f"{NAME}-{SHA256}.pt",
)
"""As torch-fidelity names it, and keeps it in torch.hub's folder."""

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


class CLIPNetwork(FeatureNetwork):
    """torch-fidelity's copy of the encoder; features are embeddings, of any length.

    CMMD's authors take this one of CLIP's encoders, ViT-L/14 at 336 pixels, bicubic resizing
    (``clean`` here) and embeddings brought to length 1.
    """

    def __init__(self, weights: Weights, resizing: Resizing, device: torch.device) -> None:
        """Load the network; raise UserError without torch-fidelity."""
        module, self.package = load_package(
            "torch_fidelity.feature_extractor_clip", "torch-fidelity", "features"
        )
        network = module.FeatureExtractorCLIP(
            NAME, ["clip"], feature_extractor_weights_path=str(weights.path)
        )
        self.side = network.resolution
        self._network = network.model.visual.to(device)
        super().__init__(NAME, weights, resizing, device)

    def _features(self, x: Tensor) -> Tensor:
        features: Tensor = self._network(standardise(x, MEAN, STD))
        return features.float()


def load_clip(
    weights: Path | None = None, *, resizing: Resizing = "clean", device: torch.device | str = "cpu"
) -> CLIPNetwork:
    """Load the network from its published file, as `load_inception` does."""
    return CLIPNetwork(find_weights(PUBLISHED, weights), resizing, torch.device(device))
