"""Classes as further inputs of a network (Mirza & Osindero 2014)."""

from typing import Any

from torch import Tensor, cat, nn
from torch.nn.functional import one_hot


class OneHotInput(nn.Module):
    """A network of vectors that is told the class as a one-hot vector behind them."""

    def __init__(self, network: nn.Module, classes: int) -> None:
        """Take a network of vectors [N, Z + classes]."""
        super().__init__()
        self.network = network
        self.classes = classes

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        """Apply the network to vectors [N, Z] and classes [N]."""
        y: Tensor = self.network(cat([z, one_hot(labels, self.classes).to(z.dtype)], dim=1))
        return y


class OneHotPlanes(nn.Module):
    """A network of samples that is told the class as a one-hot plane behind their channels."""

    def __init__(self, network: nn.Module, classes: int) -> None:
        """Take a network of samples [N, C + classes, H, W]."""
        super().__init__()
        self.network = network
        self.classes = classes

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """Apply the network to samples [N, C, H, W] and classes [N]."""
        y: Tensor = self.network(self._told(x, labels))
        return y

    def features(self, x: Tensor, labels: Tensor) -> Tensor:
        """Show the network's features of samples [N, C, H, W] of classes [N]."""
        network: Any = self.network
        y: Tensor = network.features(self._told(x, labels))
        return y

    def _told(self, x: Tensor, labels: Tensor) -> Tensor:
        planes = one_hot(labels, self.classes).to(x.dtype)[:, :, None, None]
        return cat([x, planes.expand(-1, -1, *x.shape[2:])], dim=1)
