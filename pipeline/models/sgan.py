"""The generator of a semi-supervised GAN and its discriminator, which classifies."""

from typing import Any

from torch import Tensor, nn

from pipeline.capabilities import Classifier
from pipeline.models.gan import GANModel


class SGANModel(GANModel, Classifier):
    """Draws samples, of whatever class, and tells the classes of samples."""

    def __init__(
        self, generator: nn.Module, classifier: nn.Module, *, latent: int, names: tuple[str, ...]
    ) -> None:
        """Take a generator [N, Z] -> samples, and a network of samples -> logits [N, classes]."""
        super().__init__(generator, latent=latent)
        self.classifier = classifier
        self.class_names = names

    def classify(self, x: Tensor) -> Tensor:
        """Compute logits [N, classes]."""
        logits: Tensor = self.classifier(x)
        return logits.float()

    def features(self, x: Tensor) -> Tensor:
        """Compute what the classifier's last layer sees, [N, F]."""
        network: Any = self.classifier
        found: Tensor = network.features(x)
        return found.float()


class AnyClass(nn.Module):
    """A discriminator by a classifier: log Z of its logits l, with Z = sum exp l.

    Of K + 1 classes, the last for fakes and of logit 0, a sample is of one of the first K with
    probability Z / (Z + 1), which is the sigmoid of log Z (Salimans et al. 2016, section 5).
    """

    def __init__(self, classifier: nn.Module) -> None:
        """Take a network of samples [N, C, H, W] -> logits [N, K]."""
        super().__init__()
        self.classifier = classifier

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, C, H, W] to logits of real [N, 1]."""
        logits: Tensor = self.classifier(x)
        return logits.float().logsumexp(dim=1, keepdim=True)
