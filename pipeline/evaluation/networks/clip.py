"""CLIP's encoders of pictures (Radford et al. 2021)."""

import torch
from torch import Tensor

from pipeline.evaluation.networks.features import FeatureNetwork
from pipeline.evaluation.networks.resizing import Resizing, standardise
from pipeline.evaluation.weights import Published, Weights, load_package

BASE = "https://openaipublic.azureedge.net/clip/models"
SHA256 = {
    "ViT-B-32": "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af",
    "ViT-B-16": "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f",
    "ViT-L-14": "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836",
    "ViT-L-14-336px": "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02",
}
CLIP = {
    f"clip-{model.lower()}": Published(
        f"{BASE}/{sha256}/{model}.pt",
        sha256,
        file=f"clip-{model.lower()}-{sha256}.pt",
    )
    for model, sha256 in SHA256.items()
}
"""As torch-fidelity names them, and keeps them in torch.hub's folder."""

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


class CLIPNetwork(FeatureNetwork):
    """torch-fidelity's copy of the encoder; features are embeddings, of any length.

    CMMD's authors take ``clip-vit-l-14-336px``, bicubic resizing (``clean`` here) and embeddings
    brought to length 1.
    """

    def __init__(
        self, name: str, weights: Weights, resizing: Resizing, device: torch.device
    ) -> None:
        """Load the network; raise UserError without torch-fidelity."""
        module, self.package = load_package(
            "torch_fidelity.feature_extractor_clip", "torch-fidelity", "features"
        )
        network = module.FeatureExtractorCLIP(
            name, ["clip"], feature_extractor_weights_path=str(weights.path)
        )
        self.side = network.resolution
        self._network = network.model.visual.to(device)
        super().__init__(name, weights, resizing, device)

    def _features(self, x: Tensor) -> Tensor:
        features: Tensor = self._network(standardise(x, MEAN, STD))
        return features.float()
