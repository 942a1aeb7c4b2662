"""The generator of a Projected GAN, with the features that it was told apart by."""

from torch import Tensor, nn

from pipeline.backbones.progressive import enlarge
from pipeline.models.gan import GANModel
from pipeline.nn.conditioning import OneHotInput


class ProjectedGANModel(GANModel):
    """Generator [N, Z] -> samples [N, C, H, W].

    It keeps the frozen network of its discriminator: generators that grow from it learn by the
    same, and no other file than this model's is needed for them.
    """

    def __init__(
        self,
        network: nn.Module,
        features: nn.Module,
        *,
        latent: int,
        classes: int = 0,
        halvings: int = 0,
    ) -> None:
        """Take a ``network`` of vectors [N, Z + classes] -> samples, halved so many times."""
        told = OneHotInput(network, classes) if classes else network
        super().__init__(Enlarged(told, halvings), latent=latent, classes=classes)
        self.features = features

    @property
    def network(self) -> nn.Module:
        """The network of vectors, without what tells it classes or enlarges its samples."""
        network = self.generator
        while isinstance(network, Enlarged | OneHotInput):
            network = network.network
        return network


class Enlarged(nn.Module):
    """A generator of small samples, each value of which is repeated down and across."""

    def __init__(self, network: nn.Module, halvings: int) -> None:
        super().__init__()
        self.network, self.halvings = network, halvings

    def forward(self, z: Tensor, *labels: Tensor) -> Tensor:
        """Map [N, Z], and labels [N] where there are classes, to samples [N, C, H, W]."""
        return enlarge(self.network(z, *labels), self.halvings)
