"""Perceptual losses by a pretrained network: VGG19, or a classifier of our own."""

from pathlib import Path
from typing import Annotated, Literal, Self

import torch
from pydantic import Field
from torch import Tensor, nn

from pipeline.backbones.vgg import VGG19, check_sum, read_features
from pipeline.block import Block
from pipeline.losses.perceptual import normalised_distance, perceptual_l1
from pipeline.models.classifier import ClassifierModel


class NoPerceptualParams(Block):
    """No perceptual loss."""

    kind: Literal["none"]

    def build(self) -> None:
        """Build nothing."""


class ClassifierFeaturesParams(Block):
    """Distance in the features of the classifier that ``pretrained`` names."""

    kind: Literal["classifier"]


class VGG19Params(Block):
    """The perceptual loss of pix2pixHD and SPADE, by VGG19's features."""

    kind: Literal["vgg19"]
    weights: Path
    """torchvision's state dict (vgg19-dcbb9e9d.pth), or the same as .safetensors. Which file it
    was, a run knows by this path alone: say ``sha256`` where the file could change."""
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    """The file's checksum. None: the one in its name, where it ends in -XXXXXXXX.pth as
    torchvision's do."""

    def build(self) -> "Perceptual":
        """Return the loss; raise UserError where the weights are missing or not those of VGG19."""
        check_sum(self.weights, self.sha256)
        return Perceptual(VGG19(read_features(self.weights)))


PerceptualParams = Annotated[NoPerceptualParams | VGG19Params, Field(discriminator="kind")]
"""Has no default: a run without the loss that its paper has should say so."""


AnyPerceptualParams = Annotated[
    NoPerceptualParams | VGG19Params | ClassifierFeaturesParams, Field(discriminator="kind")
]
"""The same for methods that can build on a classifier."""


class Perceptual(nn.Module):
    """`perceptual_l1` of pictures in VGG19's features."""

    def __init__(self, network: VGG19) -> None:
        super().__init__()
        self.network = network

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        """Compare [N, 1 or 3, H, W] in [-1, 1]: a scalar; no gradient reaches ``real``.

        SPADE's code shows VGG pictures in [-1, 1]; here they are put into the range it was trained
        on.
        """
        with torch.no_grad():
            targets = self.network(real)
        return perceptual_l1(self.network(fake), targets)


class ClassifierDistance(nn.Module):
    """`normalised_distance` of samples in a classifier's features."""

    def __init__(self, classifier: ClassifierModel) -> None:
        """Freeze ``classifier``."""
        super().__init__()
        self.classifier = classifier.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """Leave the classifier in evaluation mode: its statistics are not to follow ours."""
        return super().train(False)

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        """Compare samples [N, C, H, W]: a scalar; no gradient reaches ``real``."""
        with torch.no_grad():
            targets = self.classifier.taps(real)
        return normalised_distance(self.classifier.taps(fake), targets)
