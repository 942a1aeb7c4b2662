"""LPIPS by its authors' package and torchvision's trunks (Zhang et al. 2018)."""

import warnings
from pathlib import Path

import torch
from torch import Tensor

from pipeline.evaluation.weights import Published, Weights, find_weights, load_package
from pipeline.metrics.lpips import lpips_each
from pipeline.system.tensor_files import fitted, load_tensors

NAME = "lpips-alex"
PUBLISHED = Published(
    "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
    "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
)
"""The trunk, torchvision's AlexNet, which the authors recommend as a metric."""

LEAST = 31
"""Pixels a side, below which the trunk's last layer has no place left."""


class LPIPSNetwork:
    """Version 0.1 of the learnt distance; pictures are compared at their own size."""

    name = NAME
    resizing = "none"
    least = LEAST

    def __init__(self, weights: Weights, device: torch.device) -> None:
        """Load the trunk; raise UserError without the package or for a file that does not fit."""
        module, self.package = load_package("lpips", "lpips", "features")
        with warnings.catch_warnings():
            # torchvision's, at the package's arguments from before 0.13
            warnings.filterwarnings("ignore", category=UserWarning, module="torchvision")
            network = module.LPIPS(net="alex", pnet_rand=True, verbose=False)
        network.net.load_state_dict(read_trunk(weights.path, network.net.state_dict()))
        self._network = network.to(device).requires_grad_(False).eval()
        self._weights = [layer.model[-1].weight.flatten() for layer in self._network.lins]
        self._device = device
        self.checksum = weights.sha256

    @torch.no_grad()
    def each(self, x: Tensor, reference: Tensor) -> Tensor:
        """Compute the distance of each pair of [N, 1 or 3, H, W] in [-1, 1]: [N], 0 for equal ones.

        Raises ValueError for other shapes, and for pictures too small for the trunk.
        """
        if x.ndim != 4 or x.shape != reference.shape or x.shape[1] not in (1, 3):
            shown = f"{list(x.shape)}, {list(reference.shape)}"
            raise ValueError(f"expected pictures [N, 1 or 3, H, W] of one shape, found {shown}")
        if min(x.shape[2:]) < LEAST:
            raise ValueError(f"{NAME} needs {LEAST} pixels a side, found {list(x.shape[2:])}")
        return lpips_each(self._maps(x), self._maps(reference), self._weights)

    def _maps(self, x: Tensor) -> list[Tensor]:
        """Compute the trunk's feature maps."""
        x = x.to(self._device).float().expand(-1, 3, -1, -1)
        return list(self._network.net(self._network.scaling_layer(x)))


def read_trunk(path: Path, expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """Read a trunk's weights, named ``sliceK.REST`` here and ``features.REST`` in the file.

    No code in the file is run. Raises UserError where any is missing, of another shape, or not
    finite.
    """
    state = load_tensors(path, "expected torchvision's weights", "state_dict")
    names = {f"features.{name.split('.', 1)[1]}": name for name in expected}
    found = {names[name]: value for name, value in state.items() if name in names}
    return fitted(found, expected, f"{path}: expected the weights of this trunk")


def load_lpips(weights: Path | None = None, *, device: torch.device | str = "cpu") -> LPIPSNetwork:
    """Load the distance, its trunk from torchvision's file, as `load_inception` does."""
    return LPIPSNetwork(find_weights(PUBLISHED, weights), torch.device(device))
