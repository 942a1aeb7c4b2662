"""Networks with one signature for each role.

Translators map [N, inputs, H, W] to [N, outputs, H, W]; discriminators map samples to logits;
encoders map samples to vectors (an encoder of one number is a discriminator), decoders map vectors
to samples (a decoder of noise is a generator).
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from pipeline.backbones.biggan import BigganDiscriminatorParams, BigganGeneratorParams
from pipeline.backbones.convolutional import ConvDecoderParams, ConvEncoderParams
from pipeline.backbones.latent import LatentTranslationParams
from pipeline.backbones.mlp import MLPDecoderParams, MLPEncoderParams
from pipeline.backbones.patch import PatchParams
from pipeline.backbones.residual import ResidualDecoderParams, ResidualEncoderParams
from pipeline.backbones.resnet import ResnetParams
from pipeline.backbones.stylegan import StyleGANParams
from pipeline.backbones.stylegan2 import PublishedDiscriminatorParams
from pipeline.backbones.stylegan2_synthesis import StyleGAN2Params
from pipeline.backbones.unet import UnetParams
from pipeline.backbones.vae import VaeParams
from pipeline.block import default_kind


def _codes_samples_apart(
    encoder: ConvEncoderParams | MLPEncoderParams | ResidualEncoderParams,
) -> ConvEncoderParams | MLPEncoderParams | ResidualEncoderParams:
    """Refuse an encoder whose code of a sample depends on the others of its batch."""
    if encoder.minibatch != "none":
        raise ValueError(
            f"minibatch: {encoder.minibatch} would make a sample's code depend on the others of "
            "its batch: it is for discriminators"
        )
    return encoder


EncoderParams = Annotated[
    ConvEncoderParams | MLPEncoderParams | ResidualEncoderParams,
    Field(discriminator="kind"),
    default_kind("dcgan"),
    AfterValidator(_codes_samples_apart),
]
DecoderParams = Annotated[
    ConvDecoderParams | MLPDecoderParams | ResidualDecoderParams,
    Field(discriminator="kind"),
    default_kind("dcgan"),
]
DiscriminatorParams = Annotated[
    ConvEncoderParams
    | MLPEncoderParams
    | ResidualEncoderParams
    | BigganDiscriminatorParams
    | PublishedDiscriminatorParams,
    Field(discriminator="kind"),
    default_kind("dcgan"),
]
"""Of a gan: encoders, which may see a batch's samples together, and networks that are told
classes."""
GeneratorParams = Annotated[
    ConvDecoderParams
    | MLPDecoderParams
    | ResidualDecoderParams
    | BigganGeneratorParams
    | StyleGANParams
    | StyleGAN2Params,
    Field(discriminator="kind"),
    default_kind("dcgan"),
]
"""Of a gan: decoders of noise, and networks that are told classes or steered by styles."""
TranslatorParams = Annotated[ResnetParams | UnetParams, Field(discriminator="kind")]
TwoWayGeneratorParams = Annotated[
    LatentTranslationParams | ResnetParams | UnetParams, Field(discriminator="kind")
]
"""Of methods that may translate between the latents of a finished VQ model."""
OneWayGeneratorParams = Annotated[
    LatentTranslationParams | ResnetParams | UnetParams | VaeParams, Field(discriminator="kind")
]
"""Of methods that also weigh the divergence of a latent."""

__all__ = [
    "DecoderParams",
    "DiscriminatorParams",
    "EncoderParams",
    "GeneratorParams",
    "LatentTranslationParams",
    "OneWayGeneratorParams",
    "PatchParams",
    "ResnetParams",
    "TranslatorParams",
    "TwoWayGeneratorParams",
    "UnetParams",
    "VaeParams",
]
