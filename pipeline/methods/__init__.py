"""How models are trained: one file a method, its parameters beside it.

To add a method, write its file and name its parameters' class in the union below.
"""

from typing import Annotated

from pydantic import Field

from pipeline.methods.autoencoder import AutoencoderParams
from pipeline.methods.classifier import ClassifierParams
from pipeline.methods.code_prior import CodePriorParams
from pipeline.methods.cut import CUTParams
from pipeline.methods.cyclegan import CycleGANParams
from pipeline.methods.gan import GANParams
from pipeline.methods.hifigan import HifiGANParams
from pipeline.methods.mask_cyclegan_vc import MaskCycleGANVCParams
from pipeline.methods.pix2pix import Pix2PixParams
from pipeline.methods.spade import SPADEParams
from pipeline.methods.unit import UNITParams
from pipeline.methods.vae import VAEParams
from pipeline.methods.vqgan import VQGANParams
from pipeline.methods.vqvae import VQVAEParams

ModelParams = Annotated[
    AutoencoderParams
    | CodePriorParams
    | CUTParams
    | CycleGANParams
    | GANParams
    | HifiGANParams
    | MaskCycleGANVCParams
    | Pix2PixParams
    | SPADEParams
    | UNITParams
    | VAEParams
    | VQGANParams
    | VQVAEParams,
    Field(discriminator="method"),
]

__all__ = ["ClassifierParams", "ModelParams"]
