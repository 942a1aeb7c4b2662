"""Networks with one signature for each role.

Translators map [N, inputs, H, W] to [N, outputs, H, W]; discriminators map samples to logits;
pyramids map samples to vectors, and mirrors map vectors to samples.
"""

from typing import Annotated

from pydantic import Field

from pipeline.backbones.bridge import LatentTranslationParams
from pipeline.backbones.patch import PatchParams
from pipeline.backbones.resnet import ResnetParams
from pipeline.backbones.unet import UnetParams
from pipeline.backbones.vae import VaeParams

TranslatorParams = Annotated[ResnetParams | UnetParams, Field(discriminator="kind")]
TwoWayGeneratorParams = Annotated[
    LatentTranslationParams | ResnetParams | UnetParams, Field(discriminator="kind")
]
"""Of methods that may stand on a finished VQ model."""
OneWayGeneratorParams = Annotated[
    LatentTranslationParams | ResnetParams | UnetParams | VaeParams, Field(discriminator="kind")
]
"""Of methods that also weigh the divergence of a latent."""

__all__ = [
    "LatentTranslationParams",
    "OneWayGeneratorParams",
    "PatchParams",
    "ResnetParams",
    "TranslatorParams",
    "TwoWayGeneratorParams",
    "UnetParams",
    "VaeParams",
]
