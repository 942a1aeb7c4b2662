"""Every method by its name in params.yaml, and networks from what a card says.

To add a method, write its file and name its parameters' class in `ModelParams`.
"""

from functools import cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from torch import nn

from pipeline.methods.adain_vc import AdaINVCParams
from pipeline.methods.autoencoder import AutoencoderParams
from pipeline.methods.base import RunParams
from pipeline.methods.classifier import ClassifierParams
from pipeline.methods.code_prior import CodePriorParams
from pipeline.methods.cut import CUTParams
from pipeline.methods.cyclegan import CycleGANParams
from pipeline.methods.db_vae import DBVAEParams
from pipeline.methods.gan import GANParams
from pipeline.methods.grown_projected_gan import GrownProjectedGANParams
from pipeline.methods.hifigan import HifiGANParams
from pipeline.methods.imported import (
    ImportedGANParams,
    ImportedLabelMapsParams,
    ImportedParams,
    ImportedVocoderParams,
    ImportedVoicesParams,
    ImportedVQParams,
)
from pipeline.methods.inca import INCAParams
from pipeline.methods.mask_cyclegan_vc import MaskCycleGANVCParams
from pipeline.methods.pix2pix import Pix2PixParams
from pipeline.methods.progressive_gan import ProgressiveGANParams
from pipeline.methods.projected_gan import ProjectedGANParams
from pipeline.methods.sgan import SGANParams
from pipeline.methods.spade import SPADEParams
from pipeline.methods.unit import UNITParams
from pipeline.methods.vae import VAEParams
from pipeline.methods.vocos import VocosRunParams
from pipeline.methods.vqgan import VQGANParams
from pipeline.methods.vqvae import VQVAEParams
from pipeline.models.card import Card, Pretrained
from pipeline.nn.folding import folded

ModelParams = Annotated[
    AdaINVCParams
    | AutoencoderParams
    | CodePriorParams
    | CUTParams
    | CycleGANParams
    | DBVAEParams
    | GANParams
    | GrownProjectedGANParams
    | HifiGANParams
    | INCAParams
    | MaskCycleGANVCParams
    | Pix2PixParams
    | ProgressiveGANParams
    | ProjectedGANParams
    | SGANParams
    | SPADEParams
    | UNITParams
    | VAEParams
    | VocosRunParams
    | VQGANParams
    | VQVAEParams,
    Field(discriminator="method"),
]
"""A block of ``models`` or ``second_stage`` in params.yaml."""

FinishedParams = Annotated[
    ModelParams
    | ClassifierParams
    | ImportedGANParams
    | ImportedParams
    | ImportedLabelMapsParams
    | ImportedVoicesParams
    | ImportedVQParams
    | ImportedVocoderParams,
    Field(discriminator="method"),
]
"""The blocks that the card of a finished model may hold."""


def load_run(raw: dict[str, Any]) -> RunParams:
    """Read a block as a finished model keeps it; raise ValidationError for any other."""
    return _adapter().validate_python(raw)


@cache
def _adapter() -> TypeAdapter[RunParams]:
    return TypeAdapter(FinishedParams)


def build_from_card(card: Card) -> nn.Module:
    """Build the model that a card describes, with fresh weights, parametrisations folded.

    Raises ValueError (ValidationError among it) for a card that describes none of ours.
    """
    return folded(load_run(card.run).build_model(card.data, build_pretrained(card)))


def build_pretrained(card: Card) -> Pretrained | None:
    """Build what the model of a card was built on, with fresh weights, where it was on any."""
    below = card.pretrained
    return None if below is None else Pretrained(build_from_card(below), below)
