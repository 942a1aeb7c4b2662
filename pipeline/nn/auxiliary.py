"""A head that also tells the class of what it sees (Odena et al. 2017, ACGAN)."""

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import cross_entropy


class AuxiliaryClassifier(nn.Module):
    """A discriminator whose network also classifies.

    It is not told the class it is asked about: labels serve to measure its cross-entropy alone.
    """

    def __init__(self, network: nn.Module, weight: float) -> None:
        """Take a network of samples [N, C, H, W] -> [N, 1 + classes], the logit of real first, and
        the weight of the cross-entropy."""
        super().__init__()
        self.network = network
        self.weight = weight

    def forward(self, x: Tensor, labels: Tensor) -> list[list[Tensor]]:
        """Map [N, C, H, W] and classes [N] to one list: weighted cross-entropies [N], logits
        [N, 1].

        Outputs of layers, logits last, are what an `Adversary` takes of a discriminator.
        """
        outputs = self.network(x)
        losses = cross_entropy(outputs[:, 1:].float(), labels, reduction="none")
        return [[self.weight * losses, outputs[:, :1]]]

    def features(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Show the network's features of samples [N, C, H, W], whatever their classes."""
        network: Any = self.network
        y: Tensor = network.features(x)
        return y

    def classify(self, x: Tensor) -> Tensor:
        """Compute logits [N, classes] of samples [N, C, H, W]."""
        outputs: Tensor = self.network(x)
        return outputs[:, 1:].float()
