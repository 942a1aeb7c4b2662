"""Networks with one signature for each role.

Translators map [N, inputs, H, W] to [N, outputs, H, W]; discriminators map samples to logits;
pyramids map samples to vectors, and mirrors map vectors to samples.
"""

from typing import Annotated

from pydantic import Field

from pipeline.backbones.patch import PatchParams
from pipeline.backbones.resnet import ResnetParams
from pipeline.backbones.unet import UnetParams

TranslatorParams = Annotated[ResnetParams | UnetParams, Field(discriminator="kind")]

__all__ = ["PatchParams", "ResnetParams", "TranslatorParams", "UnetParams"]
