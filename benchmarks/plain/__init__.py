"""The yardstick: training steps written as the papers' public code writes them.

Eager, in the default memory layout, one pass a network and batch unless the public code joins
them, gradients switched off by ``requires_grad`` or not at all, default Adam; in fp32, or under
bf16 autocast as torch's documentation has it. The networks and the losses are those of the
methods, with the papers' weights, so that only the way of stepping differs.
"""

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.plain.adversarial import (
    progressive_gan_step,
    projected_gan_step,
    sgan_step,
)
from benchmarks.plain.codes import autoencoder_step, code_prior_step, vqgan_step, vqvae_step
from benchmarks.plain.generative import gan_step, vae_step
from benchmarks.plain.pictures import (
    cut_step,
    cyclegan_step,
    pix2pix_step,
    spade_step,
    unit_step,
)
from benchmarks.plain.stepping import Step
from benchmarks.plain.voices import (
    adain_vc_step,
    inca_step,
    mask_cyclegan_vc_step,
    vocoder_step,
)
from pipeline.methods.adain_vc import AdaINVC
from pipeline.methods.autoencoder import Autoencoder
from pipeline.methods.base import Method
from pipeline.methods.code_prior import CodePrior
from pipeline.methods.cut import CUT
from pipeline.methods.cyclegan import CycleGAN
from pipeline.methods.gan import GAN
from pipeline.methods.hifigan import HifiGAN
from pipeline.methods.inca import INCA
from pipeline.methods.mask_cyclegan_vc import MaskCycleGANVC
from pipeline.methods.pix2pix import Pix2Pix
from pipeline.methods.progressive_gan import ProgressiveGAN
from pipeline.methods.projected_gan import ProjectedGAN
from pipeline.methods.sgan import SGAN
from pipeline.methods.spade import SPADEMethod
from pipeline.methods.unit import UNIT
from pipeline.methods.vae import VAE
from pipeline.methods.vocos import VocosMethod
from pipeline.methods.vqgan import VQGAN
from pipeline.methods.vqvae import VQVAE

STEPS: dict[type, Callable[..., Step]] = {
    AdaINVC: adain_vc_step,
    Autoencoder: autoencoder_step,
    CodePrior: code_prior_step,
    CUT: cut_step,
    CycleGAN: cyclegan_step,
    GAN: gan_step,
    HifiGAN: vocoder_step,
    INCA: inca_step,
    MaskCycleGANVC: mask_cyclegan_vc_step,
    Pix2Pix: pix2pix_step,
    ProgressiveGAN: progressive_gan_step,
    ProjectedGAN: projected_gan_step,
    SGAN: sgan_step,
    SPADEMethod: spade_step,
    UNIT: unit_step,
    VAE: vae_step,
    VocosMethod: vocoder_step,
    VQGAN: vqgan_step,
    VQVAE: vqvae_step,
}


def plain_step(method: Method[Any], *, bf16: bool) -> Step:
    """Return the plain step of a method; KeyError for one that has none yet.

    For the whole process, a GPU's fp32 is none of TF32, which torch's convolutions use by default.
    """
    torch.backends.cudnn.benchmark = True  # as the public code of CycleGAN has it
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    kind = next(method.parameters()).device.type
    return STEPS[type(method)](method, lambda: torch.autocast(kind, torch.bfloat16, bf16))
